using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Measures;
using DistEmbed.Testing;

namespace DistEmbed.Coordinator.Tests.Reports;

public sealed class MetricsLogTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string FilePath => _folder.In("metrics.jsonl");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_line_is_there_as_soon_as_it_is_appended()
    {
        using StepLog<MetricsRecord> log = MetricsLog.Create(FilePath);
        log.Append(Record(10) with { Accuracy = 0.5, Dev = new(Scores.OfAccuracy(0.75), 0.5, 20), Loss = double.NaN });
        Assert.Equal(
            """{"step":10,"epoch":1,"seconds":5,"loss":"NaN","accuracy":0.5,"dev":{"accuracy":0.75,"loss":0.5,"examples":20},"examplesPerSecond":100.5,"learningRates":{"embedding":0,"softmax":0.1},"rowsPulled":7,"rowsPushed":8,"bytesPulled":0,"bytesPushed":0,"rowsKept":0,"bytesKept":0}""" + "\n",
            Text());
        log.Append(Record(20));
        Assert.EndsWith("\n{\"step\":20,\"epoch\":1,\"seconds\":5,\"loss\":0.1,\"examplesPerSecond\":100.5,\"learningRates\":{\"embedding\":0,\"softmax\":0.1},\"rowsPulled\":7,\"rowsPushed\":8,\"bytesPulled\":0,\"bytesPushed\":0,\"rowsKept\":0,\"bytesKept\":0}\n", Text(), StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => log.Append(Record(19)));
    }

    [Fact]
    public void A_resumed_run_has_no_line_twice()
    {
        using (StepLog<MetricsRecord> log = MetricsLog.Create(FilePath))
        {
            foreach (int step in (int[])[10, 20, 30, 40])
                log.Append(Record(step));
        }

        string whole = Text();
        using (StepLog<MetricsRecord> log = MetricsLog.Resume(FilePath, 25))
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => log.Append(Record(19)));
            log.Append(Record(30));
            log.Append(Record(40));
        }

        Assert.Equal(whole, Text());
        Assert.Equal([10, 20, 30, 40], MetricsLog.Read(FilePath).Select(r => r.Step));
    }

    [Fact]
    public void A_resumed_run_keeps_the_line_of_the_step_after_which_it_resumes()
    {
        using (StepLog<MetricsRecord> log = MetricsLog.Create(FilePath))
        {
            foreach (int step in (int[])[10, 20, 30])
                log.Append(Record(step));
        }

        using (StepLog<MetricsRecord> log = MetricsLog.Resume(FilePath, 20))
            Assert.Equal(20, log.LastStep);
        Assert.Equal([10, 20], MetricsLog.Read(FilePath).Select(r => r.Step));
    }

    [Fact]
    public void A_line_cut_by_a_crash_is_dropped_and_a_damaged_one_is_named()
    {
        using (StepLog<MetricsRecord> log = MetricsLog.Create(FilePath))
            log.Append(Record(10));
        string line = Text();
        File.AppendAllText(FilePath, line[..20]);
        MetricsLog.Resume(FilePath, 50).Dispose();
        Assert.Equal(line, Text());

        File.WriteAllText(FilePath, line + "{}\n" + line);
        Assert.StartsWith($"{FilePath}:2: not a line of metrics", Assert.Throws<InvalidInputException>(() => MetricsLog.Resume(FilePath, 50)).Message, StringComparison.Ordinal);
        Assert.Equal(line + "{}\n" + line, Text());
    }

    [Fact]
    public void A_file_that_is_missing_is_started()
    {
        using (StepLog<MetricsRecord> log = MetricsLog.Resume(FilePath, 50))
            log.Append(Record(60));
        Assert.Single(MetricsLog.Read(FilePath));
    }

    private static MetricsRecord Record(int step) => new()
    {
        Step = step,
        Epoch = 1,
        Seconds = 5,
        Loss = 0.1,
        ExamplesPerSecond = 100.5,
        LearningRates = new Dictionary<string, double> { ["embedding"] = 0, ["softmax"] = 0.1 },
        RowsPulled = 7,
        RowsPushed = 8,
    };

    private string Text()
    {
        using var reader = new StreamReader(new FileStream(FilePath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }
}
