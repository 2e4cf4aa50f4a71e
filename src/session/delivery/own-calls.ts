/**
 * Own calls: the gateway's own calls: what it must ask a data centre to carry a client's request out.
 * In: a call as an object. Out: a request in a connection's queue; its result goes to whoever asked. Never: on the way of ordinary requests:
 * these are rare, so they go through JSON text, by the scheme, as a client's would.
 */
import type { EncodedCall } from '../../tl/codec.ts';
import type { Env } from '../env.ts';
import { ownPending } from '../state/own-pending.ts';
import { AnswerBy, type Pending, type OwnCall } from '../state/pending.ts';
import type { ConnectionState } from '../state/state.ts';

/** How long the answer to an own call may take unless its caller says otherwise, ms. */
const PATIENCE_MS = 30_000;

/** Encodes a line of JSON that has a `message`, into the scratch of own calls. */
export function encodeText({ codec, own }: Pick<Env, 'codec' | 'own'>, line: string): EncodedCall {
  const bytes = Buffer.from(line);
  own.call.clear();
  own.dialect.read(bytes, 0, bytes.length, own.request);
  return own.dialect.encodeMessage(codec, own.call);
}

/** Puts a call of the gateway's own into a connection's queue. @param patience ms that its answer may take */
export function callOwn(
  s: ConnectionState,
  call: object,
  ownCall: OwnCall,
  now: number,
  patience = PATIENCE_MS,
): Pending {
  const encoded = encodeText(s.env, JSON.stringify({ message: call }));
  const pending = ownPending({
    body: Buffer.from(s.env.own.call.written()),
    result: encoded.result,
    answerBy: AnswerBy.RPC,
    deadline: now + patience,
    method: encoded.crcs[encoded.depth - 1]!,
  });
  pending.ownCall = ownCall;
  s.pending.add(pending);
  return pending;
}
