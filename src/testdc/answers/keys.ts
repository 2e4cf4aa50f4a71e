/** Answers about temporary keys (protocol: Forward secrecy): binds one to a permanent key, drops them. */
import { openBinding } from '../keys/bind.ts';
import type { BindAuthKeyInner } from '../keys/bind.ts';
import { long } from '../protocol/id-map.ts';
import type { KnownKey } from '../keys/known-key.ts';
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { MethodAnswer, Call } from './call.ts';

/** Seconds by which `expires_at` may differ from the key exchange's: that takes a while itself. */
const SLACK = 60;

function bindTempAuthKey(call: Call): boolean {
  const { args, session } = call;
  const { key } = session;
  if (!key.isTemporary) throw new DcRpcError(400, 'TEMP_AUTH_KEY_EMPTY');
  const permanent = permanentKey(call, args['perm_auth_key_id'] as bigint);
  const inner = permanent && openBinding(permanent.authKey, args['encrypted_message'] as Uint8Array);
  if (permanent === undefined || inner === undefined || !fits(call, permanent, inner))
    throw new DcRpcError(400, 'ENCRYPTED_MESSAGE_INVALID');
  if (key.permanent !== undefined && key.permanent !== permanent)
    throw new DcRpcError(400, 'TEMP_AUTH_KEY_ALREADY_BOUND');
  const { expiresAt } = inner;
  if (expiresAt * 1000 <= call.now || Math.abs(expiresAt - key.madeToExpire) > SLACK)
    throw new DcRpcError(400, 'EXPIRES_AT_INVALID');
  call.world.memory?.keep({ what: 'bind', ...key.ref, to: permanent.id, expiresAt: expiresAt * 1000 });
  bind(key, permanent, expiresAt);
  return true;
}

function permanentKey({ session, now }: Call, id: bigint): KnownKey | undefined {
  const low = Number(BigInt.asIntN(32, id));
  const found = session.host.keys.find(low, Number(BigInt.asIntN(32, id >> 32n)), now);
  return found?.isTemporary === true ? undefined : found;
}

/** Whether the message inside repeats what the request and its envelope say. */
function fits({ args, session, received }: Call, permanent: KnownKey, inner: BindAuthKeyInner): boolean {
  return (
    inner.msgId === long(received.low, received.high) &&
    inner.nonce === args['nonce'] &&
    inner.expiresAt === args['expires_at'] &&
    inner.permKeyId === permanent.id &&
    inner.tempKeyId === session.key.id &&
    inner.tempSessionId === session.id
  );
}

/** Binds a temporary key, in place of the one bound before; the client has to say `initConnection` again. */
function bind(key: KnownKey, permanent: KnownKey, expiresAt: number): void {
  key.boundTo = permanent;
  permanent.temporary = key;
  key.expiresAt = expiresAt * 1000;
  key.init = undefined;
}

/** Forgets all temporary keys that were bound to the caller's permanent key, but those named. */
function dropTempAuthKeys({ args, session }: Call): boolean {
  const kept = new Set(args['except_auth_keys'] as bigint[]);
  const { identity } = session.key;
  for (const key of [...session.host.keys.values()])
    if (key.boundTo === identity && !kept.has(key.id)) session.host.keys.remove(key);
  return true;
}

export const keysAnswers: Readonly<Record<string, MethodAnswer>> = {
  'auth.bindTempAuthKey': bindTempAuthKey,
  'auth.dropTempAuthKeys': dropTempAuthKeys,
};
