export { type Change, renderChanges, renderMermaid } from './mermaid';
export { renderSvg } from './svg';
