/** Answers of `users.*` and `contacts.*`. */
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { TlObject } from '../tl/tl-value.ts';
import { peerObject, userObject } from '../world/peers.ts';
import type { MethodAnswer, Call } from './call.ts';
import { chatOf } from './groups.ts';
import { botInfo } from './commands.ts';
import { inputUser, self } from './peer.ts';

/** The users of some `InputUser`s; those that cannot be found are left out. */
function getUsers(call: Call): TlObject[] {
  return (call.args['id'] as TlObject[]).flatMap((input) => {
    try {
      return [userObject(inputUser(call, input), self(call), call.dcId)];
    } catch (error) {
      if (error instanceof DcRpcError) return [];
      throw error;
    }
  });
}

function getFullUser(call: Call): TlObject {
  const person = inputUser(call, call.args['id'] as TlObject);
  const full: TlObject = {
    _: 'userFull',
    phone_calls_available: person.isBot !== true,
    can_pin_message: true,
    id: person.id,
    settings: { _: 'peerSettings' },
    notify_settings: { _: 'peerNotifySettings' },
    common_chats_count: common(call, person.id),
  };
  if (person.about !== undefined) full['about'] = person.about;
  if (person.isBot === true) full['bot_info'] = botInfo(call, person);
  return { _: 'users.userFull', full_user: full, chats: [], users: [userObject(person, self(call), call.dcId)] };
}

/** How many groups both the caller and a user are in. */
function common({ world, session }: Call, id: bigint): number {
  const viewer = session.key.userId!;
  if (id === viewer) return 0;
  const both = [...world.groups.values()].filter((one) => world.members.has(one, viewer) && world.members.has(one, id));
  return both.length;
}

function resolveUsername(call: Call): TlObject {
  const username = call.args['username'] as string;
  if (!/^[a-z]\w{3,31}$/i.test(username)) throw new DcRpcError(400, 'USERNAME_INVALID');
  const found = call.world.byUsername(username);
  if (found === undefined) throw new DcRpcError(400, 'USERNAME_NOT_OCCUPIED');
  if ('kind' in found)
    return { _: 'contacts.resolvedPeer', peer: peerObject(found), chats: [chatOf(call, found)], users: [] };
  const peer = peerObject({ kind: 'user', id: found.id });
  return { _: 'contacts.resolvedPeer', peer, chats: [], users: [userObject(found, self(call), call.dcId)] };
}

function getContacts(call: Call): TlObject {
  const people = [...call.world.people.values()].filter(
    (person) => person.id >= 5_100_000_000n && person.id < 5_200_000_000n,
  );
  return {
    _: 'contacts.contacts',
    contacts: people.map(({ id }): TlObject => ({ _: 'contact', user_id: id, mutual: true })),
    saved_count: people.length,
    users: people.map((person) => userObject(person, self(call), call.dcId)),
  };
}

export const usersAnswers: Readonly<Record<string, MethodAnswer>> = {
  'users.getUsers': getUsers,
  'users.getFullUser': getFullUser,
  'contacts.resolveUsername': resolveUsername,
  'contacts.getContacts': getContacts,
};
