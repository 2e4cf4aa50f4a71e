/**
 * People: the people of the test world, by id.
 * In: the seed; people who are new or have changed. Out: a person by id; entries of the memory. Never: messages.
 */
import type { DcEnv } from '../env.ts';
import { randomLong } from '../env.ts';
import type { DcMemory, PersonEntry } from '../memory/memory.ts';
import { Password } from './password.ts';
import type { Person } from './peers.ts';
import { Draw, SEED_ACCOUNTS, seedPeople } from './seed.ts';

/** The people by id; a person that has changed is to be `set` again, which counts the change. */
export class People extends Map<bigint, Person> {
  /** How often somebody was set. */
  changes = 0;

  override set(id: bigint, person: Person): this {
    this.changes++;
    return super.set(id, person);
  }
}

/** The people of the seed. */
export function seededPeople(env: DcEnv): People {
  const people = new People();
  for (const person of seedPeople()) people.set(person.id, person);
  const draw = new Draw(3);
  for (const { password, hint, ...fields } of SEED_ACCOUNTS) {
    const person: Person = { ...fields, accessHash: draw.long() };
    if (password !== undefined) person.password = Password.of(env, password, hint);
    people.set(person.id, person);
  }
  return people;
}

/** Adds people and keeps their changes. */
export class Registry {
  readonly #people: People;
  readonly #env: DcEnv;
  readonly #memory: DcMemory | undefined;
  #nextId = 5_200_000_000n;

  constructor(people: People, env: DcEnv, memory: DcMemory | undefined) {
    this.#people = people;
    this.#env = env;
    this.#memory = memory;
  }

  /** Adds a person, under an id that nobody has unless one is given. */
  add(fields: Omit<Person, 'id' | 'accessHash'>, id: bigint = this.#freeId()): Person {
    const person: Person = { ...fields, id, accessHash: randomLong(this.#env) };
    this.changed(person);
    return person;
  }

  #freeId(): bigint {
    while (this.#people.has(++this.#nextId));
    return this.#nextId;
  }

  /** Keeps a person who is new, or has changed. */
  changed(person: Person): void {
    this.#memory?.keep(personEntry(person));
    this.#people.set(person.id, person);
  }
}

/** A person as the memory keeps it. */
function personEntry({ password, ...person }: Person): PersonEntry {
  if (password === undefined) return { what: 'person', id: person.id, person };
  const { salt1, salt2, hint, verifier } = password;
  return { what: 'person', id: person.id, person, password: { salt1, salt2, hint, verifier } };
}
