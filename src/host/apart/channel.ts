/** The socket between a plugin's process and ours: bytes in both directions, no faster than the other side reads. */

declare module "bun" {
  // The runtime also accepts a descriptor; its types include the option but not the call.
  function connect<Data = undefined>(options: FdSocketOptions<Data>): Promise<Socket<Data>>;
}

/** Our end of the socket. Once the other side is gone it is closed, and what was not sent is dropped. */
export interface Channel {
  /** Resolves when the system has accepted all of it: what is sent faster than it is read waits here. */
  send(pieces: readonly Uint8Array[]): Promise<void>;
  /** Bytes that the system has not accepted yet. */
  unsent(): number;
  close(): void;
  /** Keeping it open does not keep this process alive. */
  unref(): void;
}

interface ChannelEvents {
  readonly onData: (bytes: Uint8Array) => void;
  /** Nothing arrives any more, and nothing can be sent. */
  readonly onClose: () => void;
}

interface Waiting {
  bytes: Uint8Array;
  readonly sent: (() => void) | undefined;
}

/** @param fd an open socket that nobody else uses */
export async function openChannel(fd: number, { onData, onClose }: ChannelEvents): Promise<Channel> {
  const waiting: Waiting[] = [];
  let closed = false;
  let unsent = 0;
  const flush = (socket: Bun.Socket): void => {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      const taken = Math.max(0, socket.write(next.bytes));
      unsent -= taken;
      if (taken < next.bytes.length) {
        next.bytes = next.bytes.subarray(taken);
        return;
      }
      waiting.shift();
      next.sent?.();
    }
  };
  const end = (): void => {
    if (closed) return;
    closed = true;
    for (const { sent } of waiting.splice(0)) sent?.();
    onClose();
  };
  const socket = await Bun.connect({
    fd,
    socket: { data: (_, bytes) => onData(bytes), drain: flush, close: end, end, error: end },
  });
  return {
    send: (pieces) =>
      new Promise((resolve) => {
        if (closed) return resolve();
        pieces.forEach((bytes, index) => {
          unsent += bytes.length;
          waiting.push({ bytes, sent: index === pieces.length - 1 ? resolve : undefined });
        });
        if (waiting.length === pieces.length) flush(socket);
      }),
    unsent: () => unsent,
    close: () => void socket.end(),
    unref: () => void socket.unref(),
  };
}
