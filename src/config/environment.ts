/**
 * Environment: which variables named `MTPROTO2JSON_…` are meant for this program.
 * In: an environment. Out: those that somebody else set for another purpose, and a sentence about each.
 * Never: a value in a sentence (it may be a secret), or a refusal: a cluster sets variables that nobody asked for.
 */
import { didYouMean } from '../nearest-name.ts';
import { environmentName, OPTIONS, SECRET_VARIABLES } from './options.ts';

const PREFIX = 'MTPROTO2JSON_';
const KNOWN: ReadonlySet<string> = new Set([
  ...OPTIONS.map(({ name }) => environmentName(name)),
  ...SECRET_VARIABLES,
  `${PREFIX}CONFIG`,
]);

/** A variable that is not meant for this program. */
export interface Foreign {
  readonly name: string;
  readonly sentence: string;
}

/**
 * Variables to pass over. Kubernetes gives every container the addresses of all services, and one named like this program
 * makes names such as `MTPROTO2JSON_PORT`; images name their version.
 */
export function foreignVariables(environment: Readonly<Record<string, string | undefined>>): Foreign[] {
  return Object.entries(environment)
    .filter(([name]) => name.startsWith(PREFIX))
    .flatMap(([name, value = '']) => {
      if (isServiceLink(name, value))
        return [{ name, sentence: `${name} in the environment describes a service of the cluster: it is ignored` }];
      if (KNOWN.has(name)) return [];
      return [{ name, sentence: `${name} in the environment is ignored: there is no such option${meant(name)}` }];
    });
}

/** A hint at near names, measured without the prefix, which would make all names near. */
function meant(name: string): string {
  const known = [...KNOWN].map((one) => one.slice(PREFIX.length));
  const hint = didYouMean(name.slice(PREFIX.length), known);
  return hint.replace(/ ([A-Z_]+)(?=[,?])/g, ` ${PREFIX}$1`);
}

/**
 * What Kubernetes and `docker --link` set for a service `mtproto2json` or `mtproto2json-…`: `_SERVICE_HOST`,
 * `_SERVICE_PORT`, `_SERVICE_PORT_<name>`, `_PORT=tcp://…`, `_PORT_<n>_TCP` and what hangs on it.
 */
export function isServiceLink(name: string, value: string): boolean {
  if (!name.startsWith(PREFIX)) return false;
  if (name.endsWith('_PORT') && /^[a-z]+:\/\//.test(value)) return true;
  return /_SERVICE_(HOST|PORT)(_[A-Z0-9_]+)?$/.test(name) || /_PORT_\d+_(TCP|UDP|SCTP)(_[A-Z]+)?$/.test(name);
}
