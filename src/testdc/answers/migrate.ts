/**
 * Sends calls to the DC that can answer them (protocol: RPC errors; Data centres).
 * In: a call, and the home DC of what it asks for. Out: nothing, or a DcRpcError 303.
 * Never: a DC that there is none of, unless a test says so through `world.sendAway`.
 */
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { MoveKind } from '../world/records.ts';
import type { Call } from './call.ts';

/**
 * Refuses a call that has not come to the home DC of what it asks for; `home` undefined: at home everywhere. `what` is
 * the phone, token, file or channel, for `world.sendAway`. @throws DcRpcError KIND_MIGRATE_X
 */
export function stay(call: Call, kind: MoveKind, what: string, home: number | undefined): void {
  const to = call.world.sendAway?.(kind, what, call.dcId) ?? elsewhere(call, home);
  if (to !== undefined) throw new DcRpcError(303, `${kind}_MIGRATE_${to}`);
}

function elsewhere({ dcs, dcId }: Call, home: number | undefined): number | undefined {
  return home !== dcId && dcs.some(({ id }) => id === home) ? home : undefined;
}

/** Methods that an imported authorization may call; all others are answered by the user's home DC alone. */
const ANYWHERE = /^(auth|help|langpack|upload|stats)\.|^account\.getPassword$/;

/** Refuses a call of a user whose home is another DC. @throws DcRpcError USER_MIGRATE_X */
export function stayHome(call: Call): void {
  const { userId } = call.session.key;
  if (userId === undefined || call.dcs.length < 2 || ANYWHERE.test(call.method)) return;
  stay(call, 'USER', String(userId), call.world.people.get(userId)?.dcId);
}
