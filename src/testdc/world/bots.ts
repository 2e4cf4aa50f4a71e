/**
 * Bots: what bots have beside an account: commands, questions that wait for an answer, results for inline queries.
 * In: commands by scope; questions and their answers. Out: the commands; each answer, once, to who asked. Never: an
 * update; `answers/` tells the bot.
 */
import type { DcEnv } from '../env.ts';
import { randomLong } from '../env.ts';
import type { TlObject } from '../tl/tl-value.ts';
import type { Post } from './box.ts';
import { Expiring } from './expiring.ts';

/** A question to a bot: a pressed button, an inline query. */
interface Question<T> {
  readonly botId: bigint;
  readonly userId: bigint;
  answer(value: T): void;
}

/** Questions to bots by `query_id`; each is answered once, or not in time. */
export class BotQuestions<T> {
  readonly #env: DcEnv;
  readonly #open = new Map<bigint, Question<T>>();

  constructor(env: DcEnv) {
    this.#env = env;
  }

  /** Asks a bot, by `told` with the new query_id; resolves with undefined if no answer has come within `ms` milliseconds. */
  ask(botId: bigint, userId: bigint, ms: number, told: (queryId: bigint) => void): Promise<T | undefined> {
    const queryId = randomLong(this.#env);
    return new Promise((resolve) => {
      const end = (value: T | undefined): void => {
        cancel();
        this.#open.delete(queryId);
        resolve(value);
      };
      const cancel = this.#env.after(ms, () => end(undefined));
      this.#open.set(queryId, { botId, userId, answer: end });
      told(queryId);
    });
  }

  /** The question of a query_id, if it was put to this bot and still waits. */
  of(queryId: bigint, botId: bigint): Question<T> | undefined {
    const question = this.#open.get(queryId);
    return question?.botId === botId ? question : undefined;
  }
}

/** A bot's answer to an inline query. */
export interface InlineAnswer {
  readonly botId: bigint;
  readonly query: string;
  /** `messages.botResults` but for `query_id`, `cache_time` and `users`. */
  readonly shown: TlObject;
  /** `BotInlineMessage` of each result, by its id. */
  readonly sent: ReadonlyMap<string, { result: TlObject; message: TlObject }>;
  /** Whether the answer is for the asking user alone. */
  readonly isPrivate: boolean;
  /** How long the bot allows the answer to be given again, seconds. */
  readonly cacheTime: number;
}

/** All that is known of the bots of one world. */
export class Bots {
  /** How long a bot may take to answer, in milliseconds. */
  waitMs = 10_000;
  readonly callbacks: BotQuestions<TlObject>;
  readonly inline: BotQuestions<InlineAnswer>;
  /** Answers whose results may be sent, by user and query_id. */
  readonly sendable = new Expiring<InlineAnswer>();
  readonly #cached = new Expiring<InlineAnswer>();
  /** Messages sent through bots; number n is at n - 1. */
  readonly #posts: Post[] = [];
  /** `BotCommand`s by bot, scope and language. */
  readonly #commands = new Map<string, TlObject[]>();

  constructor(env: DcEnv) {
    this.callbacks = new BotQuestions(env);
    this.inline = new BotQuestions(env);
  }

  setCommands(botId: bigint, scope: string, commands: TlObject[]): void {
    this.#commands.set(`${botId} ${scope}`, commands);
  }

  commands(botId: bigint, scope: string): TlObject[] {
    return this.#commands.get(`${botId} ${scope}`) ?? [];
  }

  /** Keeps an answer from `now`, Unix milliseconds, for as long as the bot allows, and if it is private, for that user alone. */
  cache(userId: bigint, offset: string, answer: InlineAnswer, now: number): void {
    const who = answer.isPrivate ? String(userId) : '';
    const name = `${answer.botId} ${who} ${offset} ${answer.query}`;
    if (answer.cacheTime > 0) this.#cached.set(name, answer, now + answer.cacheTime * 1000);
  }

  /** A kept answer to the same query and offset, good at `now`, Unix milliseconds. */
  cached(botId: bigint, userId: bigint, query: string, offset: string, now: number): InlineAnswer | undefined {
    const of = (who: string): InlineAnswer | undefined => this.#cached.get(`${botId} ${who} ${offset} ${query}`, now);
    return of('') ?? of(String(userId));
  }

  /** The number of a message sent through a bot, given when first asked for. */
  inlineNumber(post: Post): number {
    const at = this.#posts.indexOf(post);
    return at >= 0 ? at + 1 : this.#posts.push(post);
  }

  /** The message of a number. */
  inlinePost(number: number): Post | undefined {
    return this.#posts[number - 1];
  }
}
