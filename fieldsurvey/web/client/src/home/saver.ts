// Keeps the newest state of something, one save at a time, and never an older one after a newer one.

export class Saver<T> {
  private waiting: { value: T } | null = null;
  private running: Promise<void> | null = null;
  private stopped = false;

  constructor(
    private readonly save: (value: T) => Promise<void>,
    private readonly said: (error: unknown) => void, // null after a save that worked
  ) {}

  later(value: T): void {
    if (this.stopped) return;
    this.waiting = { value };
    void this.flush();
  }

  /** Resolves when the newest state is on disk, or has failed (and `said` knows). */
  flush(): Promise<void> {
    this.running ??= this.work().finally(() => (this.running = null));
    return this.running;
  }

  /** Save nothing any more; resolves when no save is under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.waiting = null;
    await this.running;
  }

  resume(): void {
    this.stopped = false;
  }

  private async work(): Promise<void> {
    while (this.waiting) {
      const { value } = this.waiting;
      this.waiting = null;
      try {
        const start = performance.now();
        await this.save(value);
        performance.measure("draft saved", { start }); // bench/phone.py reads these
        this.said(null);
      } catch (error) {
        this.said(error);
      }
    }
  }
}
