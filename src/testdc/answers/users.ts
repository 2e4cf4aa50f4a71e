/** Answers of `users.*` and `contacts.*`. */
import { RpcError } from '../rpc-error.ts';
import type { TlObject } from '../tl-value.ts';
import { chatObject, peerObject, userObject } from '../world/peers.ts';
import type { Answer, Call } from './call.ts';
import { channel, inputUser, self } from './peer.ts';

/** Users that cannot be found are left out. */
function getUsers(call: Call): TlObject[] {
  return (call.args['id'] as TlObject[]).flatMap((input) => {
    try {
      return [userObject(inputUser(call, input), self(call), call.dcId)];
    } catch (error) {
      if (error instanceof RpcError) return [];
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
    common_chats_count: 0,
  };
  if (person.about !== undefined) full['about'] = person.about;
  if (person.isBot === true) full['bot_info'] = { _: 'botInfo', user_id: person.id, description: person.firstName };
  return { _: 'users.userFull', full_user: full, chats: [], users: [userObject(person, self(call), call.dcId)] };
}

function resolveUsername(call: Call): TlObject {
  const username = call.args['username'] as string;
  if (!/^[a-z]\w{3,31}$/i.test(username)) throw new RpcError(400, 'USERNAME_INVALID');
  const found = call.world.byUsername(username);
  if (found === undefined) throw new RpcError(400, 'USERNAME_NOT_OCCUPIED');
  if ('kind' in found)
    return { _: 'contacts.resolvedPeer', peer: peerObject(found), chats: [chatObject(found, call.dcId)], users: [] };
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

function getChannels(call: Call): TlObject {
  const chats = (call.args['id'] as TlObject[]).map((input) => chatObject(channel(call, input), call.dcId));
  return { _: 'messages.chats', chats };
}

export const usersAnswers: Readonly<Record<string, Answer>> = {
  'users.getUsers': getUsers,
  'users.getFullUser': getFullUser,
  'contacts.resolveUsername': resolveUsername,
  'contacts.getContacts': getContacts,
  'channels.getChannels': getChannels,
};
