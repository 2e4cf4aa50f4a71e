/**
 * Signs keys in, for codes, bots, QR codes and passwords alike (protocol: Login).
 * In: a call and a person. Out: `auth.authorization`, or 401 SESSION_PASSWORD_NEEDED. Never: a check of who the caller is.
 */
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { TlObject } from '../tl/tl-value.ts';
import type { Person } from '../world/peers.ts';
import type { Call } from './call.ts';
import { authorization } from './peer.ts';

/** Refuses a request without api_id and api_hash. @throws DcRpcError */
export function checkApi({ args }: Call): void {
  if ((args['api_id'] as number) <= 0 || (args['api_hash'] as string).length === 0)
    throw new DcRpcError(400, 'API_ID_INVALID');
}

/** Signs a person in who has no password. @throws DcRpcError SESSION_PASSWORD_NEEDED if he has one */
export function authorize(call: Call, person: Person): TlObject {
  if (person.password === undefined) return signedIn(call, person);
  call.session.key.identity.pendingUserId = person.id;
  throw new DcRpcError(401, 'SESSION_PASSWORD_NEEDED');
}

/** Signs a person in, with nothing left to check. */
export function signedIn(call: Call, person: Person): TlObject {
  call.world.signIn(call.session.key, person.id);
  return authorization(call, person);
}
