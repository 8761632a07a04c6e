package sandbox.probe;

import java.io.File;
import java.io.IOException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** What the kernel has made of deployment.toml for the product's health API, which the kernel does not have. */
record HealthSettings(boolean enabled, List<Checker> checkers) {
    /** A checker that is switched on; one without an element is off. */
    record Checker(String name, int order, Map<String, String> properties) {
        /** The names in a comma-separated list; empty when all are meant. */
        Optional<List<String>> names(String property) {
            return Optional.ofNullable(properties.get(property)).map(value -> List.of(value.split(",")));
        }
    }

    static HealthSettings read() throws IOException {
        File file = new File(System.getProperty("carbon.config.dir.path"), "health-check-config.xml");
        Document document;
        try {
            document = DocumentBuilderFactory.newDefaultInstance().newDocumentBuilder().parse(file);
        } catch (ParserConfigurationException | SAXException e) {
            throw new IOException(file + " cannot be read", e);
        }
        List<Checker> checkers = elements(document.getElementsByTagName("HealthChecker")).stream()
                .filter(checker -> Boolean.parseBoolean(checker.getAttribute("enable")))
                .map(checker -> new Checker(checker.getAttribute("name"),
                        Integer.parseInt(checker.getAttribute("orderId")), properties(checker)))
                .sorted(Comparator.comparingInt(Checker::order))
                .toList();
        Node enable = document.getElementsByTagName("Enable").item(0);
        return new HealthSettings(enable != null && Boolean.parseBoolean(enable.getTextContent().trim()), checkers);
    }

    private static Map<String, String> properties(Element checker) {
        Map<String, String> properties = new HashMap<>();
        for (Element property : elements(checker.getElementsByTagName("Property"))) {
            properties.put(property.getAttribute("name"), property.getTextContent());
        }
        return properties;
    }

    private static List<Element> elements(NodeList list) {
        return IntStream.range(0, list.getLength()).mapToObj(index -> (Element) list.item(index)).toList();
    }
}
