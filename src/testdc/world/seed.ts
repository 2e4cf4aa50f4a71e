/**
 * Seed: the people, groups and messages that every test world begins with.
 * In: the seed of a generator, which draws the same each time. Out: people, groups, texts, photos.
 * Never: real names of users, phone numbers but Telegram's test numbers, chance.
 */
import type { TlObject } from '../tl/tl-value.ts';
import type { Group, PeerPhoto, Person } from './peers.ts';

/** A small generator of numbers below 2^32, the same for the same seed (mulberry32). */
export class Draw {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  below(n: number): number {
    return this.next() % n;
  }

  one<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  bytes(n: number): Buffer {
    return Buffer.from(Array.from({ length: n }, () => this.below(256)));
  }

  /** A number of 63 bits that is not zero: an access hash, a photo's id. */
  long(): bigint {
    return (BigInt(this.next() >>> 1) << 32n) | BigInt((this.next() | 1) >>> 0);
  }
}

/** The echo, which answers every message with its own text. */
export const ECHO_ID = 6_000_000_001n;
/** The user the demo signs in. */
export const DEMO_ID = 5_000_000_001n;

/** A user with a password. */
export const GUARDED_ID = 5_000_000_002n;
/** A bot with a token of its own. */
export const BOT_ID = 7_000_000_001n;

/**
 * The accounts that every world has to sign in to: by phone with the code 22222, by phone, code and
 * password, by token.
 */
export const SEED_ACCOUNTS: readonly SeedAccount[] = [
  { id: DEMO_ID, firstName: 'Demo', lastName: 'User', username: 'demo_user', phone: '9996621111' },
  {
    id: GUARDED_ID,
    firstName: 'Guarded',
    lastName: 'User',
    username: 'guarded_user',
    phone: '9996622222',
    password: 'correct horse',
    hint: 'what kind of horse?',
  },
  { id: BOT_ID, firstName: 'Demo Bot', username: 'demo_bot', isBot: true, token: '7000000001:demo-bot-token' },
];

interface SeedAccount extends Omit<Person, 'accessHash' | 'password'> {
  readonly password?: string;
  readonly hint?: string;
}

const NAMES = [
  ['Ada', 'Byron'],
  ['Grace', 'Holt'],
  ['Linus', 'Berg'],
  ['Мария', 'Иванова'],
  ['Yuki', '田中'],
  ['Omar', 'Haddad'],
  ['Zoë', 'van Dijk'],
  ['Chidi', 'Okafor'],
  ['Lucía', 'Romero'],
  ['Nils', undefined],
] as const;

const GROUPS = [
  ['chat', 'Flat 12 🏠', false, 5],
  ['chat', 'Sunday hike', false, 11],
  ['chat', 'Release night', false, 7],
  ['channel', 'Protocol reading circle', false, 1_840],
  ['channel', 'Городские новости', true, 120_332],
  ['channel', 'Weather, hourly', true, 48_210],
  ['channel', 'Type theory & tea', false, 932],
  ['channel', 'Harbour webcam', true, 3_307],
] as const;

const WORDS = (
  'the a of to and in we it is on for with at by tomorrow train station release server message answer proof ' +
  'coffee window garden code review packet number salt session update evening music bridge river photo ' +
  'ticket meeting plan draft key door light question maybe soon almost never again first last green blue ' +
  'привет завтра встреча сообщение да нет спасибо 今日 明日 ありがとう café über naïve 👍 🎉 ☕'
).split(' ');

/** The people that everybody has a dialog with: the service account, the echo, ten others. */
export function seedPeople(): Person[] {
  const draw = new Draw(1);
  const people = NAMES.map(([firstName, lastName], i): Person => {
    const isPremium = i % 4 === 0;
    const name = { firstName, ...(lastName === undefined ? {} : { lastName }) };
    return {
      id: 5_100_000_000n + BigInt(i * 7_919),
      accessHash: draw.long(),
      ...name,
      ...(i % 3 === 2 ? {} : { username: `test_user_${i}` }),
      isPremium,
      about: sentence(draw, 6),
      photo: drawPhoto(draw),
    };
  });
  return [
    { id: 777_000n, accessHash: draw.long(), firstName: 'Telegram', isVerified: true, photo: drawPhoto(draw) },
    {
      id: ECHO_ID,
      accessHash: draw.long(),
      firstName: 'Echo',
      username: 'echo',
      about: 'Says it again.',
      isEcho: true,
      photo: drawPhoto(draw),
    },
    ...people,
  ];
}

/** The groups and channels of every world, all open. */
export function seedGroups(): Group[] {
  const draw = new Draw(2);
  return GROUPS.map(([kind, title, isBroadcast, size], i): Group => {
    return {
      kind,
      id: kind === 'chat' ? 4_000_000_000n + BigInt(i) : 1_500_000_000n + BigInt(i * 104_729),
      accessHash: kind === 'chat' ? 0n : draw.long(),
      title,
      ...(kind === 'channel' ? { username: `test_channel_${i}` } : {}),
      isBroadcast,
      isOpen: true,
      size,
      date: 1_650_000_000 + i * 86_400,
      photo: drawPhoto(draw),
    };
  });
}

function drawPhoto(draw: Draw): PeerPhoto {
  return { id: draw.long(), thumb: Buffer.concat([Buffer.of(1, 40, 40), draw.bytes(180 + draw.below(80))]) };
}

/** A sentence of so many words. */
export function sentence(draw: Draw, words: number): string {
  const text = Array.from({ length: words }, () => draw.one(WORDS)).join(' ');
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}

/** The content of a message: text with entities, now and then a photo, reactions, a link. */
export function drawContent(draw: Draw): TlObject {
  const text = Array.from({ length: 3 + draw.below(6) }, () => sentence(draw, 8 + draw.below(14))).join(' ');
  const content: TlObject = { _: 'message', message: text, entities: drawEntities(draw, text) };
  if (draw.below(2) === 0) content['media'] = { _: 'messageMediaPhoto', photo: drawPhotoObject(draw) };
  if (draw.below(3) > 0) content['reactions'] = drawReactions(draw);
  return content;
}

function drawEntities(draw: Draw, text: string): TlObject[] {
  const kinds = ['messageEntityBold', 'messageEntityItalic', 'messageEntityCode'];
  const entities: TlObject[] = [];
  // Offsets are in UTF-16 units, as JavaScript counts.
  for (let at = draw.below(20); at + 12 < text.length && entities.length < 4; at += 20 + draw.below(60))
    entities.push({ _: draw.one(kinds), offset: at, length: 3 + draw.below(9) });
  if (text.length > 40)
    entities.push({
      _: 'messageEntityTextUrl',
      offset: text.length - 9,
      length: 8,
      url: `https://example.org/${draw.below(1e6)}`,
    });
  return entities;
}

function drawPhotoObject(draw: Draw): TlObject {
  return {
    _: 'photo',
    id: draw.long(),
    access_hash: draw.long(),
    file_reference: draw.bytes(29),
    date: 1_700_000_000 + draw.below(50_000_000),
    sizes: [
      {
        _: 'photoStrippedSize',
        type: 'i',
        bytes: Buffer.concat([Buffer.of(1, 27, 40), draw.bytes(190 + draw.below(60))]),
      },
      { _: 'photoSize', type: 'm', w: 320, h: 213, size: 18_000 + draw.below(9_000) },
      {
        _: 'photoSizeProgressive',
        type: 'y',
        w: 1280,
        h: 853,
        sizes: [11_340, 28_901, 41_777, 60_120, 190_000 + draw.below(90_000)],
      },
    ],
    dc_id: 2,
  };
}

function drawReactions(draw: Draw): TlObject {
  const emoji = ['👍', '❤', '🔥', '🎉', '🤔'].slice(0, 1 + draw.below(4));
  const results = emoji.map((emoticon): TlObject => ({
    _: 'reactionCount',
    reaction: { _: 'reactionEmoji', emoticon },
    count: 1 + draw.below(90),
  }));
  return { _: 'messageReactions', results };
}
