/**
 * The allow list: which addresses beside the configured data centres a client may name (`--allow-server`, options: What it guards).
 * In: `host:port`, an address, a CIDR, or `any`. Out: yes or no for an IP literal and a port.
 * Never: a yes by accident. `any` and wide ranges mean public addresses; a loopback, private or otherwise special
 * address must be named itself, or by a range that lies wholly in the same special network.
 */
import { type IpAddress, classify, isWithin, parseAddress } from './address.ts';

/** Which addresses a client may name as its server. */
export interface AllowList {
  /** Whether a client may name this server; false for every `host` that is no IP literal. */
  permits(host: string, port: number): boolean;
}

interface Rule {
  base: IpAddress;
  bits: number;
  /** 0 means every port. */
  port: number;
}

/** Makes the list from the values of `--allow-server`. Throws RangeError with a sentence that names the one at fault. */
export function allowList(specs: readonly string[]): AllowList {
  const any = specs.includes('any');
  const rules = specs.filter((spec) => spec !== 'any').map(parseRule);
  return {
    permits(host, port) {
      const address = parseAddress(host);
      if (address === undefined) return false;
      if (any && classify(address) === 'public') return true;
      return rules.some((rule) => covers(rule, address, port));
    },
  };
}

function covers(rule: Rule, address: IpAddress, port: number): boolean {
  if (rule.port !== 0 && rule.port !== port) return false;
  if (!isWithin(address, rule.base, rule.bits)) return false;
  const kind = classify(address);
  return kind === 'public' || (classify(rule.base) === kind && classify(lastOf(rule)) === kind);
}

function lastOf(rule: Rule): IpAddress {
  return rule.base.map((byte, i) => byte | (0xff >> Math.min(8, Math.max(0, rule.bits - i * 8))));
}

function parseRule(spec: string): Rule {
  const rule = parseRange(spec) ?? parseHostPort(spec);
  if (rule === undefined)
    throw new RangeError(`"${spec}" is neither host:port, a CIDR, nor any; hosts are IP literals`);
  return rule;
}

function parseRange(spec: string): Rule | undefined {
  const [host, bits, more] = spec.split('/');
  const base = parseAddress(host!);
  if (base === undefined || more !== undefined) return undefined;
  if (bits === undefined) return { base, bits: base.length * 8, port: 0 };
  if (!/^(0|[1-9][0-9]{0,2})$/.test(bits) || Number(bits) > base.length * 8) return undefined;
  return { base, bits: Number(bits), port: 0 };
}

function parseHostPort(spec: string): Rule | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):([1-9][0-9]{0,4})$/.exec(spec);
  if (match === null || Number(match[3]) > 65535) return undefined;
  const base = parseAddress(match[1] ?? match[2]!);
  return base === undefined ? undefined : { base, bits: base.length * 8, port: Number(match[3]) };
}
