using DistEmbed.Coordinator.Reports;

namespace DistEmbed.Process.Tests.Cluster;

/// <summary>A model of the user's own in a cluster: loaded from a folder that each node was given, or not at all.</summary>
public sealed class OwnModelTests : IDisposable
{
    private readonly ToyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [UnixFact]
    public async Task Workers_that_have_the_build_of_the_job_compute_the_bits_of_one_process_and_others_are_named()
    {
        string dll = Copy("models"), other = Copy("others");
        File.AppendAllText(other, " "); // behind the image: another build
        WriteJob(dll);
        (await DistEmbedProcess.RunAsync(_folder.Path, "train", "own.json", "--run-dir", "alone")).Expect(0);
        using ProcessCluster cluster = await ProcessCluster.StartAsync(_folder, 2, 1, new ProcessClusterArguments
        {
            OfNode = node => node switch
            {
                "worker-1" => ["--models", "others"],
                "worker-2" or "server-1" => [],
                _ => ["--models", "models"],
            },
        });
        InProcessCommand job = cluster.Submit("own.json", "--set", "cluster.workers=1");
        await job.WaitUntilAsync(async () => Refusals((await cluster.StatusAsync()).ToString()), "two workers that refuse");
        cluster.StartWorker();

        (await job.EndAsync()).Expect(0);

        Assert.Equal(Hash(_folder.Run("alone")), Hash(cluster.Run("own-1")));

        static bool Refusals(string status) => status.Contains("is another build than the job is about", StringComparison.Ordinal) && status.Contains("this node loads none", StringComparison.Ordinal);
    }

    [UnixFact]
    public async Task A_coordinator_loads_nothing_from_elsewhere()
    {
        string dll = Copy("models"), elsewhere = Copy("elsewhere");
        using ProcessCluster cluster = await ProcessCluster.StartAsync(_folder, 0, 0, "--models", "models");
        WriteJob(elsewhere);
        Ended refused = await cluster.Submit("own.json").EndAsync();
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains(elsewhere, refused.Error, StringComparison.Ordinal);
        Assert.Contains(dll, refused.Error, StringComparison.Ordinal);
    }

    private static string Hash(RunDirectory run) => RunResult.Read(run.ResultPath).TableHash;

    private string Copy(string folder)
    {
        string built = Checkout.In("deploy", "samples", "AveragingNetwork", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0", "AveragingNetwork.dll");
        string copy = _folder.In(folder, "AveragingNetwork.dll");
        Directory.CreateDirectory(_folder.In(folder));
        File.Copy(built, copy);
        return copy;
    }

    private void WriteJob(string assembly) => _folder.Write("own.json", $$"""
        {
          "name": "own",
          "data": { "format": "labelled-lines", "train": "train.txt", "dev": "dev.txt", "test": "test.txt" },
          "vectors": { "file": "vectors.txt" },
          "model": {
            "kind": "custom", "assembly": "{{assembly}}", "type": "Samples.AveragingNetwork", "groups": ["embedding", "hidden", "output"], "settings": { "hidden": 8 }
          },
          "optimizers": { "default": { "kind": "adagrad", "learningRate": 0.1 } },
          "training": { "batch": 20, "slices": 3, "epochs": 2 }
        }
        """);
}
