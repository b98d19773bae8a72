using DistEmbed.Coordinator.Grpc;
using DistEmbed.Coordinator.Hosting;
using DistEmbed.Protocol;
using DistEmbed.Testing;

namespace DistEmbed.Coordinator.Tests.Hosting;

public sealed class ClusterControlTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public void Only_files_that_lie_in_the_run_itself_are_served()
    {
        string run = _folder.MakeFolder("runs", "kim-1");
        Directory.CreateDirectory(Path.Combine(run, "checkpoints"));
        File.WriteAllText(Path.Combine(run, "result.json"), "{}");
        File.WriteAllText(Path.Combine(run, "checkpoints", ".part"), "12345");
        string secrets = _folder.MakeFolder("secrets");
        File.WriteAllText(Path.Combine(secrets, "key"), "secret");
        File.CreateSymbolicLink(Path.Combine(run, "file"), Path.Combine(secrets, "key"));
        File.CreateSymbolicLink(Path.Combine(run, "broken"), Path.Combine(secrets, "gone"));
        Directory.CreateSymbolicLink(Path.Combine(run, "checkpoints", "folder"), secrets);
        using var meter = new RunMeter();
        var runner = new ClusterRunner(() => null, new RunFiles(_folder.In("published"), new ArtifactShelf(), new CheckpointInbox()));
        var control = new ClusterControl("distembed", "0.1.0", new ClusterJobs(_folder.In("runs"), runner, meter, _ => { }));

        Assert.Equal([("checkpoints/.part", 5L), ("result.json", 2L)], control.ListArtifacts("kim-1"));
        using (Stream file = control.OpenArtifact("kim-1", "result.json"))
            Assert.Equal(2, file.Length);
        foreach (string name in new[] { "file", "broken", "checkpoints/folder/key", "../../secrets/key" })
            Assert.Throws<InvalidInputException>(() => control.OpenArtifact("kim-1", name));
    }

    public void Dispose() => _folder.Dispose();
}
