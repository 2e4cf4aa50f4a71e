/** Answers about authorizations carried from one DC to another (protocol: Data centres). */
import { random } from '../env.ts';
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { TlObject } from '../tl/tl-value.ts';
import type { MethodAnswer, Call } from './call.ts';
import { authorization, self } from './peer.ts';

/** How long an exported authorization is good, ms. */
const TICKET_MS = 300_000;

function exportAuthorization(call: Call): TlObject {
  const to = call.args['dc_id'] as number;
  if (to === call.dcId || !call.dcs.some(({ id }) => id === to)) throw new DcRpcError(400, 'DC_ID_INVALID');
  const bytes = random(call.world.env, 128);
  const ticket = { userId: self(call), to, from: call.session.key.identity };
  call.world.exportedAuthorizations.set(bytes.toString('latin1'), ticket, call.now + TICKET_MS);
  return { _: 'auth.exportedAuthorization', id: self(call), bytes };
}

/** Signs in by an exported authorization, which is good once, at the DC it was made for. */
function importAuthorization(call: Call): TlObject {
  const { world, args, session } = call;
  const name = Buffer.from(args['bytes'] as Uint8Array).toString('latin1');
  const ticket = world.exportedAuthorizations.get(name, call.now);
  if (ticket === undefined || ticket.to !== call.dcId || ticket.from.userId !== ticket.userId)
    throw new DcRpcError(400, 'AUTH_BYTES_INVALID');
  if (ticket.userId !== args['id']) throw new DcRpcError(400, 'USER_ID_INVALID');
  world.exportedAuthorizations.delete(name);
  world.signIn(session.key, ticket.userId, ticket.from);
  return authorization(call, world.people.get(ticket.userId)!);
}

export const transferAnswers: Readonly<Record<string, MethodAnswer>> = {
  'auth.exportAuthorization': exportAuthorization,
  'auth.importAuthorization': importAuthorization,
};
