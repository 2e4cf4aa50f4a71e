/**
 * Known calls: what the session knows by name of the API layer: calls it makes, follows or routes, and results that it reads.
 * In: the compiled scheme. Out: their constructor numbers in that scheme. Never: a number of its own: `--scheme` may have
 * others.
 */
import type { Codec } from '../tl/codec.ts';

/** Calls that carry a file's bytes: they go over connections of their own. */
const FILES = [
  'upload.saveFilePart',
  'upload.saveBigFilePart',
  'upload.getFile',
  'upload.getWebFile',
  'upload.getFileHashes',
];
/** Calls whose bytes are compressed already. */
const PACKED = ['upload.saveFilePart', 'upload.saveBigFilePart'];

const NAMES = {
  bindTempAuthKey: 'auth.bindTempAuthKey',
  bindInner: 'bind_auth_key_inner',
  /** Runs at the data centre of the connection it names. */
  businessConnection: 'invokeWithBusinessConnection',
  exportLoginToken: 'auth.exportLoginToken',
  importLoginToken: 'auth.importLoginToken',
  loginTokenMigrateTo: 'auth.loginTokenMigrateTo',
  loginTokenSuccess: 'auth.loginTokenSuccess',
  authorization: 'auth.authorization',
  logOut: 'auth.logOut',
  updatesState: 'updates.state',
  differenceEmpty: 'updates.differenceEmpty',
} as const;

/** Constructor numbers; 0, which is nobody's, for a name that the scheme lacks. */
export type KnownCalls = Readonly<Record<keyof typeof NAMES, number>> & {
  readonly files: ReadonlySet<number>;
  readonly packed: ReadonlySet<number>;
};

/** Their numbers in a scheme. */
export function knownCalls(codec: Pick<Codec, 'crcOf'>): KnownCalls {
  const entries = Object.entries(NAMES).map(([key, name]) => [key, codec.crcOf(name)]);
  const numbers = Object.fromEntries(entries) as Record<keyof typeof NAMES, number>;
  const setOf = (names: readonly string[]): ReadonlySet<number> => new Set(names.map((name) => codec.crcOf(name)));
  return { ...numbers, files: setOf(FILES), packed: setOf(PACKED) };
}
