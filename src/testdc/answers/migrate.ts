/**
 * Who is sent to which DC (protocol: RPC errors; Data centres).
 * In: a call and where what it asks for is at home. Out: nothing, or a DcRpcError 303.
 * Never: a DC that this test has not, unless a test says so through `world.sendAway`.
 */
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { MoveKind } from '../world/records.ts';
import type { Call } from './call.ts';

/**
 * Throws KIND_MIGRATE_X unless the call has come to the right place.
 * @param what the phone, token, file or channel: for `world.sendAway`
 * @param home undefined: at home everywhere
 */
export function stay(call: Call, kind: MoveKind, what: string, home: number | undefined): void {
  const to = call.world.sendAway?.(kind, what, call.dcId) ?? elsewhere(call, home);
  if (to !== undefined) throw new DcRpcError(303, `${kind}_MIGRATE_${to}`);
}

function elsewhere({ dcs, dcId }: Call, home: number | undefined): number | undefined {
  return home !== dcId && dcs.some(({ id }) => id === home) ? home : undefined;
}

/** What an imported authorization is good for; everything else is done at the user's home. */
const ANYWHERE = /^(auth|help|langpack|upload|stats)\.|^account\.getPassword$/;

/** USER_MIGRATE_X for calls of a user whose home is elsewhere. */
export function stayHome(call: Call): void {
  const { userId } = call.session.key;
  if (userId === undefined || call.dcs.length < 2 || ANYWHERE.test(call.method)) return;
  stay(call, 'USER', String(userId), call.world.people.get(userId)?.dcId);
}
