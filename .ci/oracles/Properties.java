import java.io.FileInputStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

/** Prints, for each file of properties and each of its keys: the file, the key and the value, the last two in base64; once
    as a stream is read and once as a reader is. For hostile.py. */
class Dump {
    public static void main(String[] files) throws Exception {
        for (String file : files) {
            java.util.Properties bytes = new java.util.Properties();
            try (FileInputStream in = new FileInputStream(file)) {
                bytes.load(in);
            }
            java.util.Properties text = new java.util.Properties();
            try (Reader in = Files.newBufferedReader(Path.of(file), StandardCharsets.UTF_8)) {
                text.load(in);
            }
            for (java.util.Properties all : new java.util.Properties[] {bytes, text}) {
                for (String key : all.stringPropertyNames()) {
                    System.out.println(file + " " + coded(key) + " " + coded(all.getProperty(key)));
                }
            }
        }
    }

    static String coded(String text) {
        return "=" + Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
