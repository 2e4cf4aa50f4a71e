/** Answers of `auth.*` and `account.*` about bots, and about where an account is signed in (protocol: Login). */
import { random } from '../env.ts';
import type { KnownKey } from '../keys/known-key.ts';
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { TlObject } from '../tl/tl-value.ts';
import type { MethodAnswer, Call } from './call.ts';
import { authorize, checkApi } from './login.ts';
import { stay } from './migrate.ts';
import { self } from './peer.ts';

/** How long the token of a log-out is good, ms. */
const LOG_OUT_MS = 86_400_000;

/** Any token of the right form makes a bot; a bot of the seed takes its own token alone. */
function importBotAuthorization(call: Call): TlObject {
  checkApi(call);
  const match = /^(\d{3,15}):[\w-]{3,64}$/.exec(call.args['bot_auth_token'] as string);
  if (match === null) throw new DcRpcError(400, 'ACCESS_TOKEN_INVALID');
  const id = BigInt(match[1]!);
  const known = call.world.people.get(id);
  const isWrong = known !== undefined && (known.isBot !== true || (known.token ?? match[0]) !== match[0]);
  if (isWrong) throw new DcRpcError(400, 'ACCESS_TOKEN_INVALID');
  stay(call, 'NETWORK', match[0], undefined);
  stay(call, 'USER', match[0], known?.dcId);
  const made = { firstName: `Bot ${id}`, username: `test_${id}_bot`, isBot: true, dcId: call.dcId };
  return authorize(call, known ?? call.world.addPerson(made, id));
}

function logOut(call: Call): TlObject {
  const { world, session } = call;
  const token = random(world.env, 20);
  world.logOutTokens.set(token.toString('latin1'), self(call), call.now + LOG_OUT_MS);
  world.signOut(session.key);
  return { _: 'auth.loggedOut', future_auth_token: token };
}

/** The keys that the account is signed in with, without those of an authorization carried from another DC. */
function keysOf(call: Call): KnownKey[] {
  const { keys } = call.world.account(self(call));
  return [...keys].filter((key) => key.importedFrom === undefined && !key.isForgotten);
}

function getAuthorizations(call: Call): TlObject {
  const authorizations = keysOf(call).map((key) => authorizationObject(call, key));
  return { _: 'account.authorizations', authorization_ttl_days: 183, authorizations };
}

/** A key as TL's `authorization`; the caller's own has the hash 0. */
export function authorizationObject(call: Call, key: KnownKey): TlObject {
  const isCurrent = key === call.session.key.identity;
  const client = (key.temporary ?? key).init?.client;
  const text = (name: string): string => (client?.[name] as string | undefined) ?? 'unknown';
  return {
    _: 'authorization',
    current: isCurrent,
    hash: isCurrent ? 0n : key.id,
    device_model: text('device_model'),
    platform: 'test',
    system_version: text('system_version'),
    api_id: client?.['api_id'] ?? 1,
    app_name: 'test',
    app_version: text('app_version'),
    date_created: Math.floor(key.signedInAt / 1000),
    date_active: Math.floor(call.now / 1000),
    ip: '127.0.0.1',
    country: 'NL',
    region: '',
  };
}

function resetAuthorization(call: Call): boolean {
  const found = keysOf(call).find((key) => key.id === call.args['hash']);
  if (found === undefined || found === call.session.key.identity) throw new DcRpcError(400, 'HASH_INVALID');
  call.world.logins.revoke(found);
  return true;
}

function resetAuthorizations(call: Call): boolean {
  for (const key of keysOf(call)) if (key !== call.session.key.identity) call.world.logins.revoke(key);
  return true;
}

export const authAnswers: Readonly<Record<string, MethodAnswer>> = {
  'auth.importBotAuthorization': importBotAuthorization,
  'auth.logOut': logOut,
  'auth.resetAuthorizations': resetAuthorizations,
  'account.getAuthorizations': getAuthorizations,
  'account.resetAuthorization': resetAuthorization,
  'account.updateStatus': () => true,
};
