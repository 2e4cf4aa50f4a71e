/**
 * Dialling: what the links of all sessions share: which addresses may be dialled, when, through which proxy, and which of them answered.
 * In: addresses with who named them; addresses that did not answer. Out: yes or no; the dialler, the order of addresses; a line of the
 * log. Never: a socket.
 */
import { isPublic } from '../../address/address.ts';
import type { AllowList } from '../../address/allow-list.ts';
import { unreachableWords } from '../../address/unreachable.ts';
import type { NamedBy, ServerAddress } from '../../batch/link-records.ts';
import type { Centres } from '../../telemetry/centres.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { MainEnv } from '../env.ts';
import type { WriteBatch } from '../flow/socket-writer.ts';
import type { Descriptors } from '../limits/descriptors.ts';
import type { Limits } from '../limits/limits.ts';
import { Dialler } from './dialler.ts';
import { Reached } from './reached.ts';
import type { Socks } from './socks.ts';

/** What dialling is made of. */
export interface DiallingOptions {
  readonly env: MainEnv;
  /** What links write leaves with it. */
  readonly batch: WriteBatch;
  readonly limits: Limits;
  readonly descriptors: Descriptors;
  readonly metrics: Metrics;
  /** Addresses of clients that the operator allows. */
  readonly allow: AllowList;
  /** The proxy that data centres are reached through. */
  readonly socks?: Socks | undefined;
  /** Hears of addresses that did not answer. */
  readonly centres: Pick<Centres, 'missed'>;
}

/** One for the process; each session's `Links` has it. */
export class Dialling {
  readonly env: MainEnv;
  readonly batch: WriteBatch;
  readonly limits: Limits;
  readonly descriptors: Descriptors;
  readonly metrics: Metrics;
  readonly socks: Socks | undefined;
  readonly dialler: Dialler;
  readonly reached = new Reached();
  readonly #allow: AllowList;
  readonly #centres: DiallingOptions['centres'];

  constructor(options: DiallingOptions) {
    this.env = options.env;
    this.batch = options.batch;
    this.limits = options.limits;
    this.descriptors = options.descriptors;
    this.metrics = options.metrics;
    this.socks = options.socks;
    this.dialler = new Dialler(options.limits, options.env);
    this.#allow = options.allow;
    this.#centres = options.centres;
  }

  /**
   * Whether an address may be dialled, judged at each dial (options: What it guards): a client's only if the operator allowed it; one a
   * data centre handed out also if it is public (threats: Addresses and neighbours).
   */
  permits(namedBy: NamedBy, host: string, port: number): boolean {
    if (namedBy === 'operator' || this.#allow.permits(host, port)) return true;
    return namedBy === 'server' && isPublic(host);
  }

  /** One address of several did not answer, and the next is tried: only the log and the counters hear of it. */
  missed({ host, port }: ServerAddress, code: string): void {
    this.#centres.missed(host, port, unreachableWords(code));
  }
}
