using DistEmbed.Coordinator.Grpc;
using DistEmbed.Coordinator.Hosting;
using DistEmbed.Coordinator.Local;
using DistEmbed.Protocol.Artifacts;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;

namespace DistEmbed.Coordinator.Tests.Hosting;

public sealed class RunFilesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>By default all coordinators of a user share the cache.</summary>
    [Fact]
    public async Task Coordinators_that_publish_the_same_data_at_the_same_time_do_not_disturb_each_other()
    {
        string text = _folder.In("text.txt"), published = _folder.In("published");
        File.WriteAllLines(text, Enumerable.Range(0, 20000).Select(i => $"w{i % 1009} w{i % 997} w{i % 13} w{i}"));
        JobSpec job = new()
        {
            Name = "words",
            Data = new PlainTextData { Files = [text] },
            Vectors = new VectorsSpec { Dimension = 4 },
            Model = new CbowSpec(),
            Optimizers = new Dictionary<string, OptimizerSpec> { ["default"] = new SgdSpec { LearningRate = 0.1 } },
            Training = new TrainingSpec { Epochs = 1 },
        };
        PreparedStage prepared = PreparedStage.Of(job.Resolved(), _ => "");
        using var together = new Barrier(4);

        StageFiles[] files = await Task.WhenAll(Enumerable.Range(0, together.ParticipantCount).Select(_ => Task.Factory.StartNew(
            () =>
            {
                var coordinator = new RunFiles(published, new ArtifactShelf(), new CheckpointInbox());
                together.SignalAndWait();
                return coordinator.Publish(new StageRun("words", 1, null!, prepared, null!, _ => { }));
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        string data = Assert.Single(Directory.GetFiles(published));
        Assert.All(files, made => Assert.Equal(ArtifactName.OfFile(data), made.Data));
    }
}
