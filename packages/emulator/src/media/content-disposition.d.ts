/** The package has no types of its own. */
declare module 'content-disposition' {
  interface Options {
    type?: 'inline' | 'attachment';
  }
  export default function contentDisposition(filename?: string, options?: Options): string;
}
