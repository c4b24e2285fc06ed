// What tools/emoji.mjs makes while building.
declare module 'virtual:emoji/*' {
  const groups: string[];
  export default groups;
}
