## A template: packaging/fill writes the formula of a release.
class Stackgen < Formula
  desc "One declarative stack file in, proven Kubernetes YAML out"
  homepage "https://github.com/stackgen-io/stackgen"
  version "{{VERSION}}"
  license "Apache-2.0"

  on_macos do
    on_arm do
      url "https://github.com/stackgen-io/stackgen/releases/download/v{{VERSION}}/stackgen-v{{VERSION}}-aarch64-apple-darwin.tar.gz"
      sha256 "{{SHA256_aarch64-apple-darwin}}"
    end
    on_intel do
      url "https://github.com/stackgen-io/stackgen/releases/download/v{{VERSION}}/stackgen-v{{VERSION}}-x86_64-apple-darwin.tar.gz"
      sha256 "{{SHA256_x86_64-apple-darwin}}"
    end
  end

  on_linux do
    on_arm do
      url "https://github.com/stackgen-io/stackgen/releases/download/v{{VERSION}}/stackgen-v{{VERSION}}-aarch64-unknown-linux-musl.tar.gz"
      sha256 "{{SHA256_aarch64-unknown-linux-musl}}"
    end
    on_intel do
      url "https://github.com/stackgen-io/stackgen/releases/download/v{{VERSION}}/stackgen-v{{VERSION}}-x86_64-unknown-linux-musl.tar.gz"
      sha256 "{{SHA256_x86_64-unknown-linux-musl}}"
    end
  end

  def install
    bin.install "stackgen"
    bash_completion.install "completions/stackgen.bash" => "stackgen"
    zsh_completion.install "completions/_stackgen"
    fish_completion.install "completions/stackgen.fish"
  end

  test do
    (testpath/"stack.yaml").write <<~YAML
      apiVersion: stackgen/v1
      kind: Stack
      metadata: {name: shop, namespace: tea}
      consul: {}
    YAML
    assert_match "kind: StatefulSet", shell_output("#{bin}/stackgen render")
    assert_match version.to_s, shell_output("#{bin}/stackgen --version")
  end
end
