/**
 * How a key comes to be signed in, whatever the way: shared by codes, bots, QR and passwords (protocol: Login).
 * In: a call and a person. Out: `auth.authorization`, or 401 SESSION_PASSWORD_NEEDED. Never: who the person is.
 */
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { TlObject } from '../tl/tl-value.ts';
import type { Person } from '../world/peers.ts';
import type { Call } from './call.ts';
import { authorization } from './peer.ts';

export function checkApi({ args }: Call): void {
  if ((args['api_id'] as number) <= 0 || (args['api_hash'] as string).length === 0)
    throw new DcRpcError(400, 'API_ID_INVALID');
}

/** Signs in, if there is no password; else that is asked for next. */
export function authorize(call: Call, person: Person): TlObject {
  if (person.password === undefined) return signedIn(call, person);
  call.session.key.identity.pendingUserId = person.id;
  throw new DcRpcError(401, 'SESSION_PASSWORD_NEEDED');
}

/** Signs in: everything has been checked. */
export function signedIn(call: Call, person: Person): TlObject {
  call.world.signIn(call.session.key, person.id);
  return authorization(call, person);
}
