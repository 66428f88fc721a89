/**
 * The class of the widget's root, under which all styles stand. A saved widget on the same page brings the styles of
 * its own bundle: in a release the class carries the styles' hash, so that neither reaches into the other.
 */
declare const ROOT_CLASS: string | undefined;

export const ROOT = typeof ROOT_CLASS === "string" ? ROOT_CLASS : "mx";
