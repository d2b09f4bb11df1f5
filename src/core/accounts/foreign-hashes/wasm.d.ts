/** A .wasm file is a compiled module: wrangler and the tests' runtime upload it as one, for nothing is compiled at run time. */
declare module '*.wasm' {
  const module: WebAssembly.Module
  export default module
}
