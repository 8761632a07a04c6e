package org.wso2.config.mapper;

import java.io.File;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import org.wso2.config.mapper.model.Context;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/**
 * Renders configuration files with the product's own mapper, all in one process. It is in the mapper's package because the
 * mapper gives what it renders, without writing it over a server, to its package alone.
 *
 * Arguments: the folder repository/resources/conf of the product, and a folder with a folder for each rendering:
 *   deployment.toml  what is rendered; the result is put into rendered/. XML that is not well-formed is an error
 *   marked.toml      the same with a mark of its own in every text
 *   questions/<n>/   mark: the mark of one key, which is read if the mark is in what marked.toml renders; and *.toml: the same
 *                    with other values, which are read if anything renders differently. unread.txt gets the numbers of the rest
 */
public final class Render {
    public static void main(String[] arguments) throws Exception {
        Path resources = Path.of(arguments[0]);
        for (Path folder : list(Path.of(arguments[1]))) {
            Map<String, String> rendered = render(resources, folder.resolve("deployment.toml"));
            for (Map.Entry<String, String> file : rendered.entrySet()) {
                Path target = folder.resolve("rendered").resolve(file.getKey());
                if (file.getKey().endsWith(".xml")) requireWellFormed(folder, file.getKey(), file.getValue());
                Files.createDirectories(target.getParent());
                Files.writeString(target, file.getValue());
            }
            String marked = renderedText(resources, folder.resolve("marked.toml"));
            List<String> unread = new ArrayList<>();
            for (Path question : list(folder.resolve("questions"))) {
                if (!isRead(resources, question, marked, rendered)) unread.add(question.getFileName().toString());
            }
            Files.write(folder.resolve("unread.txt"), unread);
        }
    }

    private static void requireWellFormed(Path folder, String name, String text) throws Exception {
        try {
            DocumentBuilder parser = XML.newDocumentBuilder();
            // No document type is fetched.
            parser.setEntityResolver((publicId, systemId) -> new InputSource(new StringReader("")));
            parser.parse(new InputSource(new StringReader(text)));
        } catch (SAXException e) {
            throw new IllegalStateException(folder + ": " + name + " is not well-formed: " + e.getMessage(), e);
        }
    }

    private static final DocumentBuilderFactory XML = DocumentBuilderFactory.newInstance();

    private static Map<String, String> render(Path resources, Path toml) throws ConfigParserException {
        return JinjaParser.parse(contextOf(resources, toml), templates(resources));
    }

    /** All files in one text; an empty one where the mapper refuses the configuration. */
    private static String renderedText(Path resources, Path toml) {
        try {
            return String.join("\n", render(resources, toml).values());
        } catch (ConfigParserException refused) {
            return "";
        }
    }

    private static boolean isRead(Path resources, Path question, String marked, Map<String, String> rendered)
            throws IOException {
        Path mark = question.resolve("mark");
        if (Files.exists(mark) && marked.contains(Files.readString(mark))) return true;
        for (Path variant : list(question)) {
            if (variant.toString().endsWith(".toml") && !rendersTheSame(resources, variant, rendered)) return true;
        }
        return false;
    }

    /** Whether a file renders what another did. One that the mapper refuses does not. */
    private static boolean rendersTheSame(Path resources, Path toml, Map<String, String> rendered) {
        try {
            Context context = contextOf(resources, toml);
            // The largest first: it reads most of the keys, and the first difference is enough.
            for (Map.Entry<String, File> template : templates(resources).entrySet()) {
                Map<String, String> one = JinjaParser.parse(context, Map.of(template.getKey(), template.getValue()));
                if (!one.get(template.getKey()).equals(rendered.get(template.getKey()))) return false;
            }
            return true;
        } catch (ConfigParserException refused) {
            return false;
        }
    }

    /** All that the mapper does before it fills the templates. */
    private static Context contextOf(Path resources, Path toml) throws ConfigParserException {
        ConfigParser.ConfigPaths.setPaths(toml.toString(), resources.toString(), resources.toString());
        Context context = new Context();
        ConfigParser.parse(false, context);
        return context;
    }

    private static Map<String, File> templates;

    private static Map<String, File> templates(Path resources) {
        if (templates != null) return templates;
        Path root = resources.resolve("templates");
        try (Stream<Path> files = Files.walk(root)) {
            Map<String, File> found = new LinkedHashMap<>();
            files.map(Path::toFile)
                .filter(file -> file.getName().endsWith(".j2"))
                .sorted((one, other) -> Long.compare(other.length(), one.length()))
                .forEach(file -> found.put(nameOf(root, file), file));
            templates = found;
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String nameOf(Path root, File file) {
        String name = root.relativize(file.toPath()).toString();
        return name.substring(0, name.length() - ".j2".length());
    }

    private static List<Path> list(Path folder) {
        File[] files = folder.toFile().listFiles();
        if (files == null) return List.of();
        return Arrays.stream(files).map(File::toPath).sorted().collect(Collectors.toList());
    }
}
