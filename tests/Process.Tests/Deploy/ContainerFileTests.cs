using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace DistEmbed.Process.Tests.Deploy;

/// <summary>Dockerfiles, compose and Kubernetes files: they agree with each other and with the executables.</summary>
public sealed class ContainerFileTests
{
    private static readonly Dictionary<string, string> s_programs = new() { ["coordinator"] = "distembed", ["server"] = "distembed-ps", ["worker"] = "distembed-worker" };

    private static readonly string[] s_manifests = ["namespace.yaml", "coordinator.yaml", "servers.yaml", "workers.yaml", "network.yaml"];

    [Theory]
    [InlineData("coordinator", "Coordinator", new[] { 4100, 4101, 4103 })]
    [InlineData("server", "ParameterServer", new[] { 4101, 4102, 4103 })]
    [InlineData("worker", "Worker", new[] { 4101, 4103 })]
    public void Images_start_their_program_as_an_ordinary_user_on_the_ports_of_the_page(string role, string project, int[] ports)
    {
        string text = Checkout.Text("deploy", "docker", $"{role}.Dockerfile");
        Assert.Contains($"dotnet publish {project} -c Release -o /app", text, StringComparison.Ordinal);
        Assert.Contains($"ENTRYPOINT [\"/app/{s_programs[role]}\"]", text, StringComparison.Ordinal);
        Assert.Contains("\nUSER $APP_UID\n", text, StringComparison.Ordinal);
        Assert.Contains("\nHEALTHCHECK ", text, StringComparison.Ordinal);
        Assert.Contains($"EXPOSE {string.Join(' ', ports)}\n", text, StringComparison.Ordinal);
        Assert.Equal(ports, Regex.Matches(text, @"DISTEMBED_\w*PORT=(\d+)").Select(m => int.Parse(m.Groups[1].Value, null)).Order());
        NodeFlags.AssertKnown(s_programs[role], Regex.Matches(text, @"--(?!interval|timeout|start-period|from|help|rm)[\w-]+|DISTEMBED_\w+").Select(m => m.Value), role);
        Assert.Contains(project, Directory.GetDirectories(Checkout.Root).Select(Path.GetFileName));
        string page = Checkout.Text("deploy", "README.md");
        Assert.All(ports, port => Assert.Contains($"{port} ", page, StringComparison.Ordinal));
    }

    [Fact]
    public void Builds_see_neither_secrets_nor_outputs()
    {
        string[] ignored = Checkout.Text(".dockerignore").Split('\n');
        Assert.All(["deploy/secrets", ".git", "**/bin", "**/obj"], entry => Assert.Contains(entry, ignored));
        Assert.Contains("deploy/secrets/", Checkout.Text(".gitignore"), StringComparison.Ordinal);
        YamlNode compose = YamlFile.Read("deploy", "compose.yaml")[0];
        Assert.All(compose.Map("secrets").Values, secret => Assert.StartsWith("secrets/", secret.Text("file"), StringComparison.Ordinal));
    }

    [Fact]
    public void Compose_defines_what_it_mounts_and_uses_flags_that_exist()
    {
        YamlNode compose = YamlFile.Read("deploy", "compose.yaml")[0];
        IReadOnlyDictionary<string, YamlNode> services = compose.Map("services");
        Assert.Equal(["coordinator", "server-1", "server-2", "worker-1", "worker-2", "worker-3"], services.Keys.Order(StringComparer.Ordinal));
        foreach ((string name, YamlNode service) in services)
        {
            string role = name.Split('-')[0];
            Assert.Equal($"distembed-{role}", service.Text("image"));
            Assert.Equal($"deploy/docker/{role}.Dockerfile", service.Text("build", "dockerfile"));
            Assert.True(File.Exists(Checkout.In(service.Text("build", "dockerfile"))));
            Assert.Equal(["CMD", "/app/health", "ready"], service.Words("healthcheck", "test"));
            NodeFlags.AssertKnown(s_programs[role], [.. service.Words("command"), .. service.Map("environment").Keys], name);
            string[] command = service.Words("command");
            Assert.Equal(name, command[Array.IndexOf(command, "--public-host") + 1]);
            Assert.Equal(role == "coordinator" ? "serve" : "coordinator:4101", role == "coordinator" ? command[0] : command[Array.IndexOf(command, "--seed") + 1]);
            string[] targets = [.. service.List("secrets").Select(s => s is YamlScalarNode plain ? plain.Value! : s.Text("target"))];
            foreach (YamlNode secret in service.List("secrets"))
                Assert.Contains(secret is YamlScalarNode plain ? plain.Value! : secret.Text("source"), compose.Map("secrets").Keys);
            IEnumerable<string> mounted = service.Map("environment").Values.Select(v => ((YamlScalarNode)v).Value!).Concat(command)
                .Where(v => v.StartsWith("/run/secrets/", StringComparison.Ordinal)).Select(v => v["/run/secrets/".Length..]);
            Assert.Equal(targets.Order(StringComparer.Ordinal), mounted.Order(StringComparer.Ordinal));
            Assert.All(service.Words("networks"), network => Assert.Contains(network, compose.Map("networks").Keys));
        }

        Assert.Contains("coordinator:/var/lib/distembed", services["coordinator"].Words("volumes"));
        Assert.Contains("coordinator", compose.Map("volumes").Keys);
        Assert.All(services["coordinator"].Words("ports"), port => Assert.StartsWith("127.0.0.1:", port, StringComparison.Ordinal));

        IReadOnlyDictionary<string, YamlNode> open = YamlFile.Read("deploy", "compose.insecure.yaml")[0].Map("services");
        Assert.Equal(services.Keys.Order(StringComparer.Ordinal), open.Keys.Order(StringComparer.Ordinal));
        Assert.All(open, pair =>
        {
            NodeFlags.AssertKnown(s_programs[pair.Key.Split('-')[0]], [.. pair.Value.Words("command"), .. pair.Value.Map("environment").Keys], pair.Key);
            Assert.Equal("true", pair.Value.Text("environment", "DISTEMBED_INSECURE"));
            Assert.DoesNotContain("--token-file", pair.Value.Words("command"));
        });
    }

    [Fact]
    public void Kubernetes_manifests_agree_with_each_other()
    {
        Assert.Equal(s_manifests.Order(StringComparer.Ordinal), Directory.GetFiles(Checkout.In("deploy", "kubernetes"), "*.yaml").Select(Path.GetFileName).Order(StringComparer.Ordinal));
        YamlNode[] all = [.. s_manifests.SelectMany(file => YamlFile.Read("deploy", "kubernetes", file))];
        Assert.All(all.Where(d => d.Text("kind") != "Namespace"), d => Assert.Equal("distembed", d.Text("metadata", "namespace")));
        string page = Checkout.Text("deploy", "kubernetes", "README.md");
        YamlNode[] workloads = [.. all.Where(d => d.Text("kind") is "StatefulSet" or "Deployment")];
        Assert.Equal(["coordinator", "server", "worker"], workloads.Select(w => w.Text("metadata", "name")).Order(StringComparer.Ordinal));
        foreach (YamlNode workload in workloads)
        {
            string role = workload.Text("metadata", "name");
            YamlNode pod = workload.At("spec", "template", "spec")!;
            YamlNode container = Assert.Single(pod.List("containers"));
            Assert.Equal($"distembed-{role}", container.Text("image"));
            string[] words = [.. container.Words("args"), .. container.Words("command").Skip(2).SelectMany(text => text.Split(' '))];
            NodeFlags.AssertKnown(s_programs[role], [.. words, .. container.List("env").Select(e => e.Text("name"))], role);
            if (role != "coordinator")
                Assert.Equal("coordinator-0.coordinator.distembed.svc:4101", words[Array.IndexOf(words, "--seed") + 1]);

            string[] volumes = [.. pod.List("volumes").Concat(workload.List("spec", "volumeClaimTemplates")).Select(v => v.At("name") is null ? v.Text("metadata", "name") : v.Text("name"))];
            Assert.Equal(volumes.Order(StringComparer.Ordinal), container.List("volumeMounts").Select(m => m.Text("name")).Order(StringComparer.Ordinal));
            Assert.All(pod.List("volumes").Where(v => v.At("secret") is not null), v =>
                Assert.Contains(v.Text("secret", "secretName").Replace(role, "$role", StringComparison.Ordinal), page, StringComparison.Ordinal));

            YamlNode service = Assert.Single(all, d => d.Text("kind") == "Service" && d.Text("metadata", "name") == role);
            Assert.Equal("None", service.Text("spec", "clusterIP"));
            Assert.Equal(service.At("spec", "selector"), workload.At("spec", "selector", "matchLabels"));
            Assert.Equal(service.At("spec", "selector"), workload.At("spec", "template", "metadata", "labels"));
            Assert.Equal(service.List("spec", "ports").Select(p => p.Text("name") + p.Text("port")), container.List("ports").Select(p => p.Text("name") + p.Text("containerPort")));
            Assert.Contains($"EXPOSE {string.Join(' ', container.List("ports").Select(p => p.Text("containerPort")))}\n", Checkout.Text("deploy", "docker", $"{role}.Dockerfile"), StringComparison.Ordinal);
            Assert.All(["startupProbe", "livenessProbe", "readinessProbe"], probe => Assert.Equal("metrics", container.Text(probe, "httpGet", "port")));
            Assert.True(int.Parse(pod.Text("terminationGracePeriodSeconds"), null) >= (role == "coordinator" ? 300 : 60));
        }

        foreach (YamlNode budget in all.Where(d => d.Text("kind") == "PodDisruptionBudget"))
            Assert.Contains(workloads, w => w.At("spec", "selector")!.Equals(budget.At("spec", "selector")));
    }
}
