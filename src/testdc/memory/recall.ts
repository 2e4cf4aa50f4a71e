/**
 * Puts back what a memory has kept.
 * In: entries. Out: keys in the tables of their DCs, bindings, accounts, who is signed in. Never: an entry kept again.
 */
import { AuthKey } from '../../crypto/auth-key.ts';
import type { TestCentre } from '../test-centre.ts';
import type { DcEnv } from '../env.ts';
import { KnownKey } from '../keys/known-key.ts';
import type { Layers } from '../protocol/layers.ts';
import type { BindEntry, MemoryEntry, KeyEntry, KeyRef, DcMemory, PersonEntry, UserEntry } from './memory.ts';
import { Password } from '../world/password.ts';
import type { World } from '../world/world.ts';

/** Where entries are put back. */
export interface RecallTarget {
  readonly env: DcEnv;
  readonly layers: Layers;
  readonly world: World;
  readonly centres: ReadonlyMap<number, TestCentre>;
}

/** The PEM of the private RSA key, if the memory has one. */
export function serverPem(memory: DcMemory | undefined): string | undefined {
  const found = memory?.recalled.find((entry) => entry.what === 'server');
  return found?.what === 'server' ? found.pem : undefined;
}

/** Puts back all entries; those of a DC that is not among `centres` are passed over. */
export function recall(entries: readonly MemoryEntry[], target: RecallTarget): void {
  for (const entry of entries) if (entry.what === 'person') person(entry, target);
  for (const entry of entries) if (entry.what === 'key') key(entry, target);
  for (const entry of entries) if (entry.what === 'bind') bind(entry, target);
  for (const entry of entries) if (entry.what === 'user') user(entry, target);
}

function person({ person: fields, password }: PersonEntry, { world }: RecallTarget): void {
  const secret = password && new Password(password, Buffer.from(password.verifier), password.hint);
  world.people.set(fields.id, secret === undefined ? { ...fields } : { ...fields, password: secret });
}

function key({ dc, key: bytes, salt, expiresAt, layer }: KeyEntry, { env, layers, centres }: RecallTarget): void {
  const seconds = expiresAt === undefined ? 0 : (expiresAt - env.now()) / 1000;
  const known = new KnownKey(AuthKey.from(bytes), salt, seconds, env);
  if (layer !== undefined) known.init = { layer: Math.min(layer, layers.newest), apiId: 1 };
  centres.get(dc)?.keys.recall(known);
}

function bind({ to, expiresAt, ...ref }: BindEntry, target: RecallTarget): void {
  const [temporary, permanent] = [knownKey(ref, target), knownKey({ dc: ref.dc, id: to }, target)];
  if (temporary === undefined || permanent === undefined) return;
  temporary.boundTo = permanent;
  permanent.temporary = temporary;
  temporary.expiresAt = expiresAt;
}

function user({ user: userId, at, from, isRevoked = false, ...ref }: UserEntry, target: RecallTarget): void {
  const known = knownKey(ref, target);
  if (known === undefined) return;
  known.isRevoked = isRevoked;
  if (userId === undefined || !target.world.people.has(userId)) return;
  known.userId = userId;
  known.signedInAt = at;
  known.importedFrom = from && knownKey(from, target);
  target.world.account(userId).keys.add(known);
}

function knownKey({ dc, id }: KeyRef, { centres }: RecallTarget): KnownKey | undefined {
  return centres.get(dc)?.keys.get(id);
}
