using System.Text.Json;
using DistEmbed.Coordinator.Tests.Cli;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;

namespace DistEmbed.Coordinator.Tests.Samples;

/// <summary>The model of deploy/samples, a user's own as far as this program knows: built by the build, loaded by its job, through every command.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class AveragingNetworkTests(TrainedToyRun toy) : IDisposable
{
    private readonly TempFolder _folder = new();

    private static string Folder { get; } = Checkout.In("deploy", "samples", "AveragingNetwork");

    // Built beside the tests, in the same configuration.
    private static string Dll { get; } = Path.Combine(Folder, "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0", "AveragingNetwork.dll");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_job_names_the_sample_and_needs_nothing_of_it_to_be_checked()
    {
        var model = (CustomModelSpec)JobFile.Load(Path.Combine(Folder, "areas.json"), [$"data.root={_folder.Path}"]).Stages.Single().Spec.Model;
        Assert.Equal(("bin/Release/net10.0/AveragingNetwork.dll", "Samples.AveragingNetwork", null), (model.Assembly, model.Type, model.Sha256));
        Assert.Equal(["AveragingNetwork.dll"], Directory.GetFiles(Path.GetDirectoryName(Dll)!, "*.dll").Select(Path.GetFileName)); // nothing of the program lies beside it
    }

    [Fact]
    public async Task It_meets_every_demand_of_the_contract_and_a_command_says_so()
    {
        string[] lines = (await Shell.OutputOf(["model", "check", .. Tiny(Dll), "--set", "model.settings.dropout=0"])).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(12, lines.Length);
        Assert.All(lines, line => Assert.Matches(@"^\w+ +ok +\w", line));
        Assert.Contains("slices     not tried", await Shell.OutputOf(["model", "check", .. Tiny(Dll)]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_trains_to_the_same_bits_on_any_number_of_workers_with_phases_over_its_layers_and_is_evaluated()
    {
        string[] hashes = new string[3];
        for (int workers = 1; workers <= 3; workers++)
        {
            string run = In($"run-{workers}");
            await Shell.OutputOf(["train", .. Tiny(Dll), "--set", """recipe={"kind":"gradual"}""", "--run-dir", run, "--workers", $"{workers}"]);
            using JsonDocument result = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "result.json")));
            hashes[workers - 1] = result.RootElement.GetProperty("tableHash").GetString()!;
            Assert.InRange(result.RootElement.GetProperty("test").GetProperty("accuracy").GetDouble(), 0.9, 1);
        }

        Assert.Single(hashes.Distinct());
        Assert.Contains("accuracy", await Shell.OutputOf("evaluate", In("run-1")), StringComparison.Ordinal);
        Assert.Matches(@"hidden", await Shell.OutputOf(["plan", .. Tiny(Dll), "--set", """recipe={"kind":"gradual"}"""]));
    }

    [Fact]
    public async Task A_run_goes_on_with_no_other_build_and_says_which_they_are()
    {
        string copy = In("AveragingNetwork.dll"), run = In("run");
        File.Copy(Dll, copy);
        await Shell.OutputOf(["train", .. Tiny(copy), "--run-dir", run]);
        string before = ModelAssembly.Read(copy).Sha256;
        Assert.Contains(before, File.ReadAllText(Path.Combine(run, "job.json")), StringComparison.Ordinal);
        await Shell.OutputOf("train", "--run-dir", run, "--resume");

        File.AppendAllText(copy, " "); // behind the image: another build, and a good one
        string after = ModelAssembly.Read(copy).Sha256;
        Assert.NotEqual(before, after);
        await Shell.RefusalOf(["train", "--run-dir", run, "--resume"], "model.assembly", before, after);
        await Shell.RefusalOf(["evaluate", run], "model.assembly", before, after);
        await Shell.RefusalOf(["train", .. Tiny(copy), "--run-dir", run, "--resume"], "is another job", "model.sha256", before, after);
        await Shell.OutputOf(["train", .. Tiny(copy), "--run-dir", In("other")]);
    }

    [Fact]
    public async Task Its_settings_are_checked_before_data_are_read() => await Shell.RefusalOf(
        ["train", .. Tiny(Dll), "--set", "model.settings.hiden=5", "--set", "data.train=nowhere.txt", "--run-dir", In("run")], "model.settings.hiden", "Did you mean `hidden`?");

    private string In(string name) => _folder.In(name);

    /// <summary>The sample's job on the toy's sentences.</summary>
    private string[] Tiny(string assembly) =>
    [
        Path.Combine(Folder, "areas.json"), "--set", $"model.assembly={assembly}",
        "--set", $$"""data={"format":"labelled-lines","root":"{{toy.Root}}","train":"train.txt","dev":"dev.txt","test":"test.txt"}""",
        "--set", "vectors.dimension=8", "--set", "model.settings.hidden=6", "--set", "optimizers.default.learningRate=0.05", "--set", "training.batch=10",
    ];
}
