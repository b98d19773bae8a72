using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol.Measures;
using DistEmbed.Testing;

namespace DistEmbed.Coordinator.Tests.Reports;

public sealed class RunResultTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string FilePath => _folder.In("result.json");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_file_has_the_documented_names_and_reads_back()
    {
        RunResult stage = Result(RunStatus.Done) with { Dev = null, Vectors = null };
        (Result(RunStatus.Interrupted) with { Stages = new Dictionary<string, RunResult> { ["tune"] = stage } }).Write(FilePath);

        string text = File.ReadAllText(FilePath);
        Assert.Equal(
            """
            {
              "status": "interrupted",
              "steps": 100,
              "epochs": 2.5,
              "seconds": 12.25,
              "examplesPerSecond": 408.2,
              "wordsPerSecond": 9000.5,
              "weightsStep": 80,
              "dev": {
                "accuracy": 0.81,
                "loss": 0.5,
                "examples": 1000
              },
              "test": {
                "accuracy": 0.8,
                "loss": 0.6,
                "examples": 2000
              },
              "tableHash": "aa",
              "tables": {
                "embedding": "bb",
                "softmax.weight": "cc"
              },
              "rowsPulled": 1,
              "rowsPushed": 2,
              "bytesPulled": 3,
              "bytesPushed": 4,
              "rowsKept": 5,
              "bytesKept": 6,
              "pushes": {
                "sent": 10,
                "applied": 9,
                "rejected": {
                  "stale-epoch": 1
                }
              },
              "vectors": {
                "source": "glove.txt",
                "words": 50,
                "found": 40,
                "foundLowerCase": 5,
                "missing": 5
              },
              "stages": {
                "tune": {
                  "status": "done",
            """.ReplaceLineEndings("\n"),
            text[..text.IndexOf("\n      \"steps\"", StringComparison.Ordinal)]);

        RunResult read = RunResult.Read(FilePath);
        Assert.Equal((RunStatus.Interrupted, 100, 2.5, new PartResult(Scores.OfAccuracy(0.8), 0.6, 2000), 1L), (read.Status, read.Steps, read.Epochs, read.Test, read.Pushes.Rejected["stale-epoch"]));
        Assert.Null(read.Stages!["tune"].Dev);
        read.Write(FilePath);
        Assert.Equal(text, File.ReadAllText(FilePath));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    private static RunResult Result(RunStatus status) => new()
    {
        Status = status,
        Steps = 100,
        Epochs = 2.5,
        Seconds = 12.25,
        ExamplesPerSecond = 408.2,
        WordsPerSecond = 9000.5,
        WeightsStep = 80,
        Dev = new(Scores.OfAccuracy(0.81), 0.5, 1000),
        Test = new(Scores.OfAccuracy(0.8), 0.6, 2000),
        TableHash = "aa",
        Tables = new Dictionary<string, string> { ["embedding"] = "bb", ["softmax.weight"] = "cc" },
        RowsPulled = 1,
        RowsPushed = 2,
        BytesPulled = 3,
        BytesPushed = 4,
        RowsKept = 5,
        BytesKept = 6,
        Pushes = new(10, 9, new Dictionary<string, long> { ["stale-epoch"] = 1 }),
        Vectors = new("glove.txt", 50, 40, 5, 5),
    };
}
