/**
 * Peers: the people, groups and channels of the test world, and what of them goes over the wire.
 * In: records. Out: TL objects as layer 227 has them. Never: messages.
 */
import type { TlObject } from '../tl/tl-value.ts';
import type { Password } from './password.ts';

export type PeerKind = 'user' | 'chat' | 'channel';

export interface PeerRef {
  readonly kind: PeerKind;
  readonly id: bigint;
}

export interface Person {
  readonly id: bigint;
  readonly accessHash: bigint;
  readonly firstName: string;
  readonly lastName?: string;
  readonly username?: string;
  phone?: string;
  /** Asked for after the code. */
  password?: Password | undefined;
  /** A bot's, where not any will do. */
  readonly token?: string;
  /** Home DC; undefined: at home everywhere. */
  dcId?: number;
  readonly isBot?: boolean;
  readonly isPremium?: boolean;
  readonly isVerified?: boolean;
  readonly about?: string;
  readonly photo?: PeerPhoto;
  /** Answers every message with its own text, a moment later. */
  readonly isEcho?: boolean;
}

export interface PeerPhoto {
  readonly id: bigint;
  /** A tiny JPEG without its header, as Telegram sends them: some 200 bytes. */
  readonly thumb: Uint8Array;
}

export interface Group {
  readonly kind: 'chat' | 'channel';
  readonly id: bigint;
  /** Channels only. */
  readonly accessHash: bigint;
  readonly title: string;
  readonly username?: string;
  /** A channel where only its owner writes. */
  readonly isBroadcast: boolean;
  readonly size: number;
  readonly date: number;
  readonly photo?: PeerPhoto;
  readonly about?: string;
  /** Everybody is in it who has not left. */
  readonly isOpen?: boolean;
}

/** What a group is to one viewer. */
export interface Standing {
  readonly isCreator: boolean;
  readonly isLeft: boolean;
  readonly size: number;
}

/** One text for a peer: table key. */
export function peerKey({ kind, id }: PeerRef): string {
  return `${kind} ${id}`;
}

/** `Peer`. */
export function peerObject({ kind, id }: PeerRef): TlObject {
  if (kind === 'user') return { _: 'peerUser', user_id: id };
  return kind === 'chat' ? { _: 'peerChat', chat_id: id } : { _: 'peerChannel', channel_id: id };
}

/** The other way. */
export function peerOf(object: TlObject): PeerRef {
  if (object._ === 'peerUser') return { kind: 'user', id: object['user_id'] as bigint };
  if (object._ === 'peerChat') return { kind: 'chat', id: object['chat_id'] as bigint };
  return { kind: 'channel', id: object['channel_id'] as bigint };
}

/** `User` as somebody sees it. */
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

/** `Chat`: a basic group or a channel, as somebody sees it. */
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

/** Rights of whoever has made a channel. */
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
