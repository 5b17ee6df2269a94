/** A module of WebAssembly that runs, with a memory of its own. */

/** The language's library for the runtime does not name it. https://webassembly.github.io/spec/js-api/ */
declare const WebAssembly:
  | {
      readonly validate: (bytes: Uint8Array) => boolean;
      readonly Module: new (bytes: Uint8Array) => WasmModule;
      readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
      readonly Instance: new (module: WasmModule, imports: object) => { readonly exports: WasmExports };
    }
  | undefined;
export type WasmModule = { readonly module: unique symbol };
type WasmExports = { readonly [name: string]: unknown };

const PAGE = 65_536;

export type Call = (...values: readonly number[]) => void;

export interface Instance {
  readonly memory: ArrayBuffer;
  /** @throws TypeError where it has none of that name: a fault of this program */
  call(name: string): Call;
}

/** Undefined: there is no WebAssembly here, or none with vectors (Node with --jitless, processors of before 2008). */
export function compile(bytes: Uint8Array): WasmModule | undefined {
  if (typeof WebAssembly === 'undefined' || !WebAssembly.validate(bytes)) return undefined;
  return new WebAssembly.Module(bytes);
}

/** @param bytes of its memory, at the least */
export function instantiate(module: WasmModule, bytes: number): Instance {
  if (typeof WebAssembly === 'undefined') throw new TypeError('a module was compiled where there is no WebAssembly');
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return {
    memory: memory.buffer,
    call(name) {
      const found = exports[name];
      if (typeof found !== 'function') throw new TypeError(`the module has no function ${name}`);
      return (...values) => void found(...values);
    },
  };
}
