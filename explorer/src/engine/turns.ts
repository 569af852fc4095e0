/** @file Whose turn it is in the engine's thread: one question at a time, and short ones between two runs of a long one. */
type Job = () => Promise<void>;

/** What comes in is heard as often as this: a turn for each of thousands of short runs would take longer than they do. */
const HEARD_MS = 20;

/** Questions in the order in which they came, the short before the long. */
export class Turns {
  readonly #short: Job[] = [];
  readonly #long: Job[] = [];
  #working = false;
  /** The engine's answer that a long question still waits for; until it comes no other question may use the engine. */
  #running = 0;
  #heard = 0;
  #between: Promise<void> | null = null;

  /** Does the job when it is its turn. A job has caught what it throws. */
  add(job: Job, isLong: boolean): void {
    (isLong ? this.#long : this.#short).push(job);
    if (!this.#working) void this.#work();
  }

  async #work(): Promise<void> {
    this.#working = true;
    for (let job = this.#next(); job; job = this.#next()) await job();
    this.#working = false;
  }

  #next(): Job | undefined {
    return this.#short.shift() ?? this.#long.shift();
  }

  /** Of a long question: does the short ones that came in meanwhile, once the engine is free. */
  async letPass(): Promise<void> {
    if (performance.now() - this.#heard > HEARD_MS) {
      await messagesIn();
      this.#heard = performance.now();
    }
    if (this.#running > 0) return;
    this.#between ??= this.#passAll().finally(() => (this.#between = null));
    await this.#between;
  }

  async #passAll(): Promise<void> {
    for (let job = this.#short.shift(); job; job = this.#short.shift()) await job();
  }

  /** Of a long question: one piece of work of the engine, before which short questions pass. */
  async alone<Value>(work: () => Promise<Value>): Promise<Value> {
    await this.letPass();
    while (this.#between) await this.#between;
    this.#running++;
    try {
      return await work();
    } finally {
      this.#running--;
    }
  }
}

/** Lets the messages be handled that came in; a timer would sleep for four milliseconds. */
export function messagesIn(): Promise<void> {
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      done();
    };
    port2.postMessage(null);
  });
}
