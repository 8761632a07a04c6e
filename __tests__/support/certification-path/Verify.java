import java.io.FileInputStream;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What Java's PKIX says of certification paths: each argument is "anchor.pem,issuer.pem,...,certificate.pem"; prints a line for each. */
public final class Verify {
  public static void main(String[] paths) throws Exception {
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    for (String path : paths) {
      List<X509Certificate> certificates = new ArrayList<>();
      for (String file : path.split(",")) {
        try (FileInputStream in = new FileInputStream(file)) {
          certificates.add(0, (X509Certificate) factory.generateCertificate(in));
        }
      }
      X509Certificate anchor = certificates.remove(certificates.size() - 1);
      CertPath below = factory.generateCertPath(certificates);
      PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(anchor, null)));
      parameters.setRevocationEnabled(false);
      try {
        CertPathValidator.getInstance("PKIX").validate(below, parameters);
        System.out.println("accepted");
      } catch (CertPathValidatorException refused) {
        System.out.println("refused: " + refused.getReason());
      }
    }
  }
}
