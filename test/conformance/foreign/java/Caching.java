import com.amazonaws.secretsmanager.caching.SecretCache;
import java.net.URI;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;

/** Reads a secret by AWS's caching client, changes it, and reads it again: one line for each value. */
public class Caching {
  public static void main(String[] arguments) throws Exception {
    URI endpoint = URI.create(System.getenv("AWS_ENDPOINT_URL_SECRETS_MANAGER"));
    try (SecretsManagerClient client = SecretsManagerClient.builder().endpointOverride(endpoint).build();
        SecretCache cache = new SecretCache(client)) {
      client.createSecret(request -> request.name("text").secretString("first"));
      client.createSecret(request -> request.name("bytes").secretBinary(SdkBytes.fromUtf8String("binary")));
      System.out.println(cache.getSecretString("text"));
      System.out.println(SdkBytes.fromByteBuffer(cache.getSecretBinary("bytes")).asUtf8String());
      client.putSecretValue(request -> request.secretId("text").secretString("second"));
      System.out.println(cache.getSecretString("text"));
      System.out.println(cache.refreshNow("text") + " " + cache.getSecretString("text"));
    }
  }
}
