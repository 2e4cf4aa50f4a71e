/** Signing in by a QR code: the token of one session, accepted by another (protocol: Login). */
import { random } from '../env.ts';
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { TlObject } from '../tl/tl-value.ts';
import type { AcceptedToken } from '../keys/known-key.ts';
import type { LoginToken } from '../world/records.ts';
import { authorizationObject } from './auth.ts';
import type { MethodAnswer, Call } from './call.ts';
import { authorize, checkApi } from './login.ts';
import { stay } from './migrate.ts';
import { self } from './peer.ts';

/** How long an accepted token is good, ms. */
const ACCEPTED_MS = 300_000;

/** Makes a token, or signs in by the one that was accepted. */
function exportLoginToken(call: Call): TlObject {
  checkApi(call);
  const { world, session, now } = call;
  stay(call, 'NETWORK', '', undefined);
  const { identity } = session.key;
  const accepted = identity.acceptedToken;
  if (accepted !== undefined) return finish(call, accepted);
  const token = random(world.env, 32);
  const exceptIds = call.args['except_ids'] as bigint[];
  const until = now + world.loginTokenMs;
  world.loginTokens.set(nameOf(token), { token, key: identity, exceptIds, userId: undefined }, until);
  return { _: 'auth.loginToken', expires: Math.floor(until / 1000), token };
}

/** Signs in, or sends the client to the home DC of the user who has accepted. */
function finish(call: Call, { token, userId }: AcceptedToken): TlObject {
  const person = call.world.people.get(userId!)!;
  try {
    stay(call, 'USER', String(userId), person.dcId);
  } catch (error) {
    const to = error instanceof DcRpcError ? /^USER_MIGRATE_(\d+)$/.exec(error.message) : null;
    if (to === null) throw error;
    return { _: 'auth.loginTokenMigrateTo', dc_id: Number(to[1]), token };
  }
  return succeed(call, token);
}

function succeed(call: Call, token: Buffer): TlObject {
  const found = call.world.loginTokens.take(nameOf(token), call.now);
  call.session.key.identity.acceptedToken = undefined;
  if (found?.userId === undefined) throw new DcRpcError(400, 'AUTH_TOKEN_EXPIRED');
  found.key.acceptedToken = undefined;
  return { _: 'auth.loginTokenSuccess', authorization: authorize(call, call.world.people.get(found.userId)!) };
}

/** Signs in by a token, at the DC that the client was sent to. */
function importLoginToken(call: Call): TlObject {
  const token = Buffer.from(call.args['token'] as Uint8Array);
  const found = find(call, token);
  if (found.userId === undefined) throw new DcRpcError(400, 'AUTH_TOKEN_INVALID');
  return finish(call, found);
}

function find({ world, now }: Call, token: Buffer): LoginToken {
  if (token.length !== 32) throw new DcRpcError(400, 'AUTH_TOKEN_INVALID');
  const found = world.loginTokens.get(nameOf(token), now);
  if (found === undefined) throw new DcRpcError(400, 'AUTH_TOKEN_EXPIRED');
  return found;
}

/** Accepts a token for the caller, and tells the session that waits. */
function acceptLoginToken(call: Call): TlObject {
  const { world, now } = call;
  const token = Buffer.from(call.args['token'] as Uint8Array);
  const found = find(call, token);
  if (found.userId !== undefined) throw new DcRpcError(400, 'AUTH_TOKEN_ALREADY_ACCEPTED');
  if (found.exceptIds.includes(self(call))) throw new DcRpcError(400, 'AUTH_TOKEN_EXCEPTION');
  found.userId = self(call);
  found.key.acceptedToken = found;
  world.loginTokens.set(nameOf(token), found, now + ACCEPTED_MS);
  const update: TlObject = { _: 'updateShort', update: { _: 'updateLoginToken' }, date: Math.floor(now / 1000) };
  for (const session of found.key.allSessions(now)) if (session.wantsUpdates) world.pushTo(session, update);
  return authorizationObject(call, found.key);
}

function nameOf(token: Buffer): string {
  return token.toString('latin1');
}

export const loginTokenAnswers: Readonly<Record<string, MethodAnswer>> = {
  'auth.exportLoginToken': exportLoginToken,
  'auth.importLoginToken': importLoginToken,
  'auth.acceptLoginToken': acceptLoginToken,
};
