/**
 * Shared: what all DC connections of one client have in common: how it is spoken to, what is known of the server's wishes.
 * In: settings, `options` of the client. Out: fields. Never: a key or a connection.
 */
import type { AuthKey } from '../../crypto/auth-key.ts';
import type { Dialect } from '../../dialect/dialect.ts';
import type { JsonStyle } from '../../tl/codec.ts';
import type { Env } from '../env.ts';
import { Floods } from './floods.ts';
import type { Named } from './named.ts';
import type { Waiting } from './waiting.ts';
import type { DataCentre } from '../settings.ts';
import type { Pieces } from '../requests/pieces.ts';
import type { State } from './state.ts';

export class Shared {
  readonly dialect: Dialect;
  /** Answers' form; the settings' until the client sets its own. */
  style: JsonStyle;
  /** JSON text of the client's `options.init`. */
  initText: Uint8Array | undefined;
  /** `invokeWithLayer(initConnection(` as TL bytes, to be put before requests; empty if there is none. */
  initPrefix: Uint8Array;
  /** The prefix came from a request of the client's own. */
  initIsOwn = false;
  readonly floods = new Floods();
  /** Permanent keys of data centres that are not the home one now, by number. */
  readonly keys = new Map<number, AuthKey>();
  /** The home connection, and those beside it; number n of a link is `others[n - 1]`. */
  home!: State;
  readonly others: State[] = [];
  /** The name this session is kept under, or will be. */
  named: Named | undefined;
  /** A line of the client's waits for the vault; those behind it wait with it. */
  readonly waiting: Waiting;
  /** Unix ms by which the session is given up: somebody else takes it over. */
  leaveBy = Infinity;
  /** The session was given up: nothing is sent until the client names another. */
  isBare = false;
  /** Links have had numbers of attempts up to this before the session was set up anew. */
  attempts = 0;
  /** Addresses the server has told, by `help.getConfig`. */
  learned: readonly DataCentre[] = [];
  /** The data centre that `auth.loginTokenMigrateTo` named last, until another answer about a token. */
  tokenDc: number | undefined;

  /** Where messages are lines: of those that were printed over several. */
  readonly pieces: Pieces | undefined;

  /** Calls are initialised by the operator's parameters or the client's. */
  get isInitGiven(): boolean {
    return this.initPrefix.length > 0;
  }

  /** @param dialect what the client speaks @param waiting @param pieces outlive the session, as lines do */
  constructor(env: Env, dialect: Dialect, waiting: Waiting, pieces: Pieces | undefined) {
    this.dialect = dialect;
    this.waiting = waiting;
    this.pieces = pieces;
    this.style = env.settings.style;
    this.initPrefix = env.initPrefix;
  }
}
