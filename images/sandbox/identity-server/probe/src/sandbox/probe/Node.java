package sandbox.probe;

/** The node this server is, as its deployment named it. */
final class Node {
    private Node() {
    }

    /** The value of NODE_NAME, or "unnamed": a node without a name must not look like another one. */
    static String name() {
        String name = System.getenv("NODE_NAME");
        return name == null || name.isBlank() ? "unnamed" : name;
    }
}
