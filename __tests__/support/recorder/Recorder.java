import java.io.CharArrayWriter;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.stream.Collectors;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.valves.AbstractAccessLogValve;
import org.apache.tomcat.util.net.SSLHostConfig;
import org.apache.tomcat.util.net.SSLHostConfigCertificate;

/**
 * The server's own Tomcat with one page, which answers "ok" and prints what it received, as a query string after the word "received":
 * time in milliseconds, method, path as Tomcat maps it, target as it came, length of the body, and each header with "header-" before its
 * name. Of every request, also of one that Tomcat refuses unread, it prints the word "answered" with the status. Health requests are answered
 * and not printed, and what is below /slow/ is answered after three seconds.
 */
public class Recorder {
  private static final String HEALTH = "/probe/health";
  private static final String SLOW = "/slow/";
  private static final long SLOW_MS = 3000;

  public static void main(String[] args) throws Exception {
    SSLHostConfig tls = new SSLHostConfig();
    SSLHostConfigCertificate certificate = new SSLHostConfigCertificate(tls, SSLHostConfigCertificate.Type.UNDEFINED);
    certificate.setCertificateFile("/tmp/tls.crt");
    certificate.setCertificateKeyFile("/tmp/tls.key");
    tls.addCertificate(certificate);
    Connector connector = new Connector("org.apache.coyote.http11.Http11NioProtocol");
    connector.setPort(Integer.parseInt(args[0]));
    connector.setScheme("https");
    connector.setSecure(true);
    connector.setProperty("SSLEnabled", "true");
    // As in the generated deployment.toml and in the kernel's defaults.
    connector.setProperty("maxHttpHeaderSize", "65536");
    connector.setProperty("maxKeepAliveRequests", "200");
    connector.addSslHostConfig(tls);

    Tomcat tomcat = new Tomcat();
    tomcat.setBaseDir("/tmp/recorder");
    tomcat.setConnector(connector);
    Context context = tomcat.addContext("", "/tmp");
    Tomcat.addServlet(context, "page", new Page());
    context.addServletMappingDecoded("/*", "page");
    Answers answers = new Answers();
    answers.setPattern("%s %U");
    tomcat.getHost().getPipeline().addValve(answers);
    tomcat.start();
    tomcat.getServer().await();
  }

  private static class Page extends HttpServlet {
    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
      int length = request.getInputStream().readAllBytes().length;
      String path = request.getServletPath() + (request.getPathInfo() == null ? "" : request.getPathInfo());
      if (!path.equals(HEALTH)) {
        StringBuilder line = new StringBuilder("received ");
        add(line, "at", String.valueOf(System.currentTimeMillis()));
        add(line, "method", request.getMethod());
        add(line, "path", path);
        add(line, "target", request.getRequestURI());
        add(line, "length", String.valueOf(length));
        for (String name : Collections.list(request.getHeaderNames())) {
          add(line, "header-" + name, Collections.list(request.getHeaders(name)).stream().collect(Collectors.joining("\n")));
        }
        System.out.println(line);
      }
      if (path.startsWith(SLOW)) pause();
      response.getWriter().print("ok");
    }

    private static void pause() {
      try {
        Thread.sleep(SLOW_MS);
      } catch (InterruptedException ended) {
        Thread.currentThread().interrupt();
      }
    }

    private static void add(StringBuilder line, String name, String value) {
      line.append(URLEncoder.encode(name, StandardCharsets.UTF_8)).append('=');
      line.append(URLEncoder.encode(value, StandardCharsets.UTF_8)).append('&');
    }
  }

  private static class Answers extends AbstractAccessLogValve {
    @Override
    protected void log(CharArrayWriter message) {
      String answer = message.toString();
      if (!answer.equals("200 " + HEALTH)) System.out.println("answered " + answer.split(" ")[0]);
    }
  }
}
