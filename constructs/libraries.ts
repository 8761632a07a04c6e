/** What the constructs and the app import from others. */
export const LIBRARIES: readonly string[] = [
  'cdktf',
  '@cdktf/provider-docker/lib/container',
  '@cdktf/provider-docker/lib/image',
  '@cdktf/provider-docker/lib/network',
  '@cdktf/provider-docker/lib/provider',
  '@cdktf/provider-docker/lib/volume',
  '@cdktf/provider-local/lib/file',
  '@cdktf/provider-local/lib/provider',
];

// Imported before everything else, this loads them without their source maps, which take a tenth of the time of a synthesis to read. A
// trace through a library shows the JavaScript that is installed; our own files keep their maps.
const enabled = process.sourceMapsEnabled;
process.setSourceMapsEnabled(false);
try {
  for (const library of LIBRARIES) require(library);
} finally {
  process.setSourceMapsEnabled(enabled);
}
