// The wire to the kernel: commands go out, messages come in and are handled in their order.

/** How long the kernel may be silent while something is under way, in ms. */
const LM_QUIET_AFTER = 2500;
/** How often the page looks whether it is, in ms. */
const LM_QUIET_LOOK = 500;
/** How long commands of a kind wait for an answer that may have been lost, in ms. */
const LM_FREE_AFTER = 30_000;
/** After how long an answer is late, in ms. */
const LM_STUCK_AFTER = 1000;
/** Messages that may wait to be drawn while the next command already goes out. */
const LM_UNDRAWN = 2;

/**
 * Number of the last command. Views of one model hear the answers to each other's commands, so
 * each copy of the module counts from a number of its own.
 */
let lmCount = Math.floor(Math.random() * 1e6) * 1e6;

/**
 * Inflate a zlib stream.
 * @param {DataView} packed may begin anywhere in what holds it
 * @param {number} length of the result, in bytes
 * @returns {Promise<ArrayBuffer>}
 */
async function lmInflate(packed, length) {
  const stream = new DecompressionStream("deflate");
  const writer = stream.writable.getWriter();
  const bytes = new Uint8Array(packed.buffer, packed.byteOffset, packed.byteLength);
  // what fails here fails in the reader too, which is waited for
  writer.write(bytes).catch(() => {});
  writer.close().catch(() => {});
  const reader = stream.readable.getReader();
  const out = new Uint8Array(length);
  let at = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    out.set(value, at);
    at += value.length;
  }
  if (at !== length) throw new Error(`${length} bytes were announced, and ${at} came`);
  return out.buffer;
}

/**
 * The page's end of the comm.
 *
 * Handlers: `onParts(parts, buffer, ack)` for each message, with its one buffer inflated or null;
 * `onQuiet(seconds)` while the kernel owes an answer for long, and `onQuiet(null)` once it gave
 * one; `onLost(n)` for a command whose answer never came; `onGone(reason)` when there is no kernel
 * any more, with the reason where it told one.
 */
class Wire {
  constructor(model, handlers) {
    this.gone = false;
    this._model = model;
    this._handlers = handlers;
    this._underWay = new Map(); // n -> {kind, since}; without a kind nothing waits for it
    this._waiting = new Map(); // kind -> commands to be sent once its last one is answered
    this._inbox = []; // messages in their order; those with a buffer are ready later
    this._idle = [];
    this._heard = 0;
    this._quiet = null;
    this._timer = null;
    this._onMessage = (content, buffers) => this._take(content, buffers);
    this._onClose = () => this._lose();
    // where a kernel is restarted, JupyterLab closes no comm but only tells this
    this._onLive = () => this._model.comm_live === true || this._lose();
    model.on("msg:custom", this._onMessage);
    model.on("comm:close", this._onClose);
    model.on("comm_live_update", this._onLive);
  }

  /**
   * Send a command.
   * @returns {number|null} its number, which the answer's `ack` names; null where nobody hears it
   */
  send(cmd, fields = {}) {
    return this._send(cmd, fields, "");
  }

  /**
   * Send a command of which only one is under way at a time; what comes meanwhile is joined.
   *
   * @param {string} kind commands of one kind wait for each other
   * @param {function} [join] of two commands `{cmd, fields}`, the later one last: gives what both
   *   come to, or null where they have to be sent one after the other. By default the later one
   *   takes the place of an earlier one of the same name.
   */
  sendLatest(kind, cmd, fields = {}, join = lmKeepLast) {
    if (this.gone) return;
    const queue = this._waiting.get(kind);
    if (!queue) {
      this._waiting.set(kind, []);
      this._send(cmd, fields, kind);
      return;
    }
    const fresh = { cmd, fields };
    const joined = queue.length ? join(queue[queue.length - 1], fresh) : null;
    if (joined) queue[queue.length - 1] = joined;
    else queue.push(fresh);
  }

  /** Whether a command of a kind is under way or waits to be sent. */
  isBusy(kind) {
    return this._waiting.has(kind);
  }

  /** Whether a command of a kind has waited for its answer longer than a person notices. */
  isStuck(kind) {
    const late = performance.now() - LM_STUCK_AFTER;
    const waits = [...this._underWay.values()].some((one) => one.kind === kind && one.since < late);
    return waits || this._quiet !== null;
  }

  /** Resolves once all messages so far were handled. */
  idle() {
    if (!this._inbox.length) return Promise.resolve();
    return new Promise((resolve) => this._idle.push(resolve));
  }

  /** Let go of the model. */
  close() {
    this._model.off("msg:custom", this._onMessage);
    this._model.off("comm:close", this._onClose);
    this._model.off("comm_live_update", this._onLive);
    clearInterval(this._timer);
    this._timer = null;
    this._inbox.length = 0;
    this.gone = true;
  }

  _send(cmd, fields, kind) {
    if (this.gone) return null;
    const n = ++lmCount;
    if (!this._underWay.size) this._heard = performance.now();
    this._underWay.set(n, { kind, since: performance.now() });
    if (this._timer === null) this._timer = setInterval(() => this._look(), LM_QUIET_LOOK);
    try {
      this._model.send({ ...fields, cmd, n });
    } catch (error) {
      console.warn(error); // a comm that is closed says so here, and not always before
      this._lose();
      return null;
    }
    return n;
  }

  _take(content, buffers) {
    if (!content || !Array.isArray(content.parts)) return;
    this._heard = performance.now();
    if (this._quiet !== null) this._handlers.onQuiet((this._quiet = null));
    const message = { parts: content.parts, ack: content.ack ?? null, buffer: null, ready: true };
    this._inbox.push(message);
    // the kernel may work on the next command while the answer to this one is drawn
    const early = this._inbox.length <= LM_UNDRAWN;
    if (early) this._answered(message.ack);
    else message.owes = true;
    if (buffers && buffers.length) {
      message.ready = false;
      lmInflate(buffers[0], content.inflated)
        .then((buffer) => { message.buffer = buffer; })
        .catch((error) => { console.warn(error); })
        .finally(() => { message.ready = true; this._drain(); });
    }
    this._drain();
  }

  /** Handle what has come as far as it is inflated. */
  _drain() {
    while (this._inbox.length && this._inbox[0].ready) {
      const { parts, buffer, ack, owes } = this._inbox[0];
      if (owes) this._answered(ack);
      try {
        this._handlers.onParts(parts, buffer, ack);
      } catch (error) {
        console.error(error); // the messages behind it still count
      }
      this._inbox.shift();
      const closed = parts.find((part) => part.type === "closed");
      if (closed) this._lose(closed.reason);
    }
    if (!this._inbox.length) this._idle.splice(0).forEach((resolve) => resolve());
  }

  _answered(ack) {
    const answered = this._underWay.get(ack);
    if (answered === undefined) return; // of another view, or of the kernel's own accord
    this._underWay.delete(ack);
    const freed = [answered.kind];
    for (const [n, { kind }] of this._underWay) {
      if (n > ack || this._inbox.some((message) => message.ack === n)) continue;
      this._underWay.delete(n); // the kernel answers in turn: this one's answer was lost
      freed.push(kind);
      this._handlers.onLost?.(n);
    }
    if (!this._underWay.size) this._stopLooking();
    freed.forEach((kind) => this._free(kind));
  }

  /** Let the next command of a kind go. */
  _free(kind) {
    if (!this._waiting.has(kind)) return;
    const next = this._waiting.get(kind).shift();
    if (next) this._send(next.cmd, next.fields, kind);
    else this._waiting.delete(kind);
  }

  _look() {
    const now = performance.now();
    const silence = now - this._heard;
    for (const one of [...this._underWay.values()]) {
      if (!one.kind || now - one.since < LM_FREE_AFTER) continue;
      const { kind } = one;
      one.kind = ""; // still owed, but nothing waits for it any more
      this._free(kind);
    }
    if (silence < LM_QUIET_AFTER) return;
    const seconds = Math.floor(silence / 1000);
    if (seconds !== this._quiet) this._handlers.onQuiet((this._quiet = seconds));
  }

  _stopLooking() {
    clearInterval(this._timer);
    this._timer = null;
  }

  _lose(reason = "") {
    if (this.gone) return;
    this.gone = true;
    this._underWay.clear();
    this._waiting.clear();
    this._stopLooking();
    if (this._quiet !== null) this._handlers.onQuiet((this._quiet = null));
    this._handlers.onGone(reason);
  }
}

/** The later of two commands of one name. */
function lmKeepLast(earlier, later) {
  return earlier.cmd === later.cmd ? later : null;
}
