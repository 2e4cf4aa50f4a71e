/**
 * Peers: the people, groups and channels of the test world, and the TL objects that show them.
 * In: records. Out: TL objects as layer 227 has them. Never: messages.
 */
import type { TlObject } from '../tl/tl-value.ts';
import type { Password } from './password.ts';

export type PeerKind = 'user' | 'chat' | 'channel';

/** Names a user, basic group or channel. */
export interface PeerRef {
  readonly kind: PeerKind;
  readonly id: bigint;
}

/** A user of the test world, a bot among them. */
export interface Person {
  readonly id: bigint;
  readonly accessHash: bigint;
  readonly firstName: string;
  readonly lastName?: string;
  readonly username?: string;
  phone?: string;
  /** The second factor, asked for after the code. */
  password?: Password | undefined;
  /** A bot's only token; without one any token of the right form will do. */
  readonly token?: string;
  /** The home DC; undefined: at home everywhere. */
  dcId?: number;
  readonly isBot?: boolean;
  readonly isPremium?: boolean;
  readonly isVerified?: boolean;
  readonly about?: string;
  readonly photo?: PeerPhoto;
  /** Whether every message is answered with its own text, after `World.echoMs`. */
  readonly isEcho?: boolean;
}

/** The photo of a user or group. */
export interface PeerPhoto {
  readonly id: bigint;
  /** A tiny JPEG without its header, as Telegram sends them: some 200 bytes. */
  readonly thumb: Uint8Array;
}

/** A basic group, supergroup or channel. */
export interface Group {
  readonly kind: 'chat' | 'channel';
  readonly id: bigint;
  /** Of a channel; 0n for a basic group. */
  readonly accessHash: bigint;
  readonly title: string;
  readonly username?: string;
  /** Whether it is a channel where only the creator writes. */
  readonly isBroadcast: boolean;
  /** The members of an open group to begin with. */
  readonly size: number;
  /** Unix seconds at which it was made. */
  readonly date: number;
  readonly photo?: PeerPhoto;
  readonly about?: string;
  /** Whether everybody is in it who has not left. */
  readonly isOpen?: boolean;
}

/** What a group is to one viewer. */
export interface Standing {
  readonly isCreator: boolean;
  readonly isLeft: boolean;
  readonly size: number;
}

/** A peer as the key of a table, `channel 1500000000`. */
export function peerKey({ kind, id }: PeerRef): string {
  return `${kind} ${id}`;
}

/** A peer as TL's `Peer`. */
export function peerObject({ kind, id }: PeerRef): TlObject {
  if (kind === 'user') return { _: 'peerUser', user_id: id };
  return kind === 'chat' ? { _: 'peerChat', chat_id: id } : { _: 'peerChannel', channel_id: id };
}

/** The peer of a `Peer`. */
export function peerOf(object: TlObject): PeerRef {
  if (object._ === 'peerUser') return { kind: 'user', id: object['user_id'] as bigint };
  if (object._ === 'peerChat') return { kind: 'chat', id: object['chat_id'] as bigint };
  return { kind: 'channel', id: object['channel_id'] as bigint };
}

/** A person as TL's `User`, as `viewer` sees it at a DC. */
export function userObject(person: Person, viewer: bigint, dcId: number): TlObject {
  const isSelf = person.id === viewer;
  const user: TlObject = {
    _: 'user',
    self: isSelf,
    contact: !isSelf && person.isBot !== true,
    bot: person.isBot === true,
    verified: person.isVerified === true,
    premium: person.isPremium === true,
    id: person.id,
    access_hash: person.accessHash,
    first_name: person.firstName,
    ...optional('last_name', person.lastName),
    ...optional('username', person.username),
    ...optional('phone', isSelf ? person.phone : undefined),
    ...optional('photo', photoObject('userProfilePhoto', person.photo, dcId)),
    color: { _: 'peerColor', color: Number(person.id % 7n) },
  };
  // Bots here take inline queries, and read all that is said in their groups.
  if (person.isBot === true)
    Object.assign(user, { bot_info_version: 1, bot_chat_history: true, bot_inline_placeholder: 'Search…' });
  else user['status'] = isSelf ? { _: 'userStatusOnline', expires: 2_147_483_647 } : { _: 'userStatusRecently' };
  return user;
}

/** A group as TL's `Chat` or `Channel`, as somebody of that standing sees it at a DC. */
export function chatObject(group: Group, { isCreator, isLeft, size }: Standing, dcId: number): TlObject {
  const photo = photoObject('chatPhoto', group.photo, dcId) ?? { _: 'chatPhotoEmpty' };
  const { id, title, date } = group;
  const common = { creator: isCreator, left: isLeft, id, title, photo, participants_count: size, date };
  if (group.kind === 'chat') return { _: 'chat', ...common, version: 1 };
  return {
    _: 'channel',
    ...common,
    broadcast: group.isBroadcast,
    megagroup: !group.isBroadcast,
    verified: group.isBroadcast && group.isOpen === true,
    signatures: false,
    access_hash: group.accessHash,
    ...optional('username', group.username),
    ...(isCreator ? { admin_rights: ADMIN_RIGHTS } : {}),
    default_banned_rights: { _: 'chatBannedRights', change_info: true, pin_messages: true, until_date: 2_147_483_647 },
    color: { _: 'peerColor', color: Number(id % 7n) },
  };
}

/** The rights of a channel's creator. */
export const ADMIN_RIGHTS: TlObject = {
  _: 'chatAdminRights',
  change_info: true,
  post_messages: true,
  edit_messages: true,
  delete_messages: true,
  ban_users: true,
  invite_users: true,
  pin_messages: true,
  add_admins: true,
  other: true,
};

function photoObject(kind: string, photo: PeerPhoto | undefined, dcId: number): TlObject | undefined {
  if (photo === undefined) return undefined;
  return { _: kind, photo_id: photo.id, stripped_thumb: photo.thumb, dc_id: dcId };
}

function optional<T>(name: string, value: T | undefined): Record<string, T> {
  return value === undefined ? {} : { [name]: value };
}
