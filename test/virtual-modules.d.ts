declare module 'virtual:row-types' {
  const rowTypes: Readonly<Record<string, readonly (readonly string[])[]>>
  export default rowTypes
}
