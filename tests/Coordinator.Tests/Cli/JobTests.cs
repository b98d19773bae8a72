using System.Text.Json;
using DistEmbed.Coordinator.Cli;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Tests.Cli;

[Collection(ConsoleCollection.Name)]
public sealed class JobTests(TrainedToyRun toy)
{
    [Fact]
    public async Task Schema_is_that_of_job_files() => Assert.Equal(JobSchema.ToJson(), await Shell.OutputOf("job", "schema"));

    [Fact]
    public async Task Show_gives_a_job_file_of_the_same_job_with_the_settings_applied()
    {
        string shown = await Shell.OutputOf("job", "show", toy.Job, "--set", "stages.tuned.training.epochs=9", "--set", "seed=5");
        JobFile job = JobFile.Parse(shown, "shown");
        Assert.Equal(["vectors", "tuned"], job.Stages.Select(s => s.Name));
        Assert.Equal((3, 9), (job.Stages[0].Spec.Training.Epochs, job.Stages[1].Spec.Training.Epochs));
        Assert.Equal(5u, job.Stages[1].Spec.Seed);
        Assert.Equal(1, JsonDocument.Parse(shown).RootElement.GetProperty("stages")[1].GetProperty("evaluation").GetProperty("everyEpochs").GetInt32());
    }

    [Fact]
    public async Task Check_shows_the_stages_and_phases_without_reading_data()
    {
        string[] lines = (await Shell.OutputOf("job", "check", toy.Job, "--set", "data.root=/nowhere", "--set", "stages.vectors.data.root=/nowhere")).Split('\n');
        Assert.Equal("OK", lines[0]);
        Assert.Equal("vectors: cbow, 3 epochs, batch 100 in 2 slices", lines[2]);
        Assert.Equal("  embedding  tuned throughout  adagrad, rate 0.1", lines[3]);
        Assert.Equal("tuned: text-cnn, 2 epochs, batch 10 in 2 slices", lines[6]);
        Assert.Equal("  embedding  frozen, tuned from epoch 1 (counted from 0), 2 steps of warm-up  adadelta, rate 1", lines[7]);
        Assert.StartsWith("  conv2      tuned throughout", lines[8], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rules_for_some_rows_freeze_a_group_in_part()
    {
        string[] lines = (await Shell.OutputOf("job", "check", toy.Job, "--set", "stages.tuned.freeze=[]", "--set", "stages.tuned.phases=[{\"rules\":[{\"group\":\"embedding\",\"state\":\"frozen\"}],\"until\":{\"step\":3}},{\"rules\":[{\"group\":\"embedding\",\"rows\":{\"pretrained\":true},\"state\":\"frozen\"}]}]")).Split('\n');
        Assert.Contains(lines, line => line.StartsWith("  embedding  frozen, then frozen in part  ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Check_tells_every_error()
    {
        (int code, string output, string errors) = await Shell.RunAsync(
            "job", "check", toy.Job, "--set", "training.batch=0", "--set", "trainig.epochs=1", "--set", "stages.tuned.model.maps=x");
        Assert.Equal((ExitCode.BadInput, ""), (code, output));
        string[] lines = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.StartsWith("error: ", line, StringComparison.Ordinal));
        Assert.Equal(3, new[] { "training.batch", "trainig", "maps" }.Count(part => lines.Any(l => l.Contains(part, StringComparison.Ordinal))));
    }

    [Fact]
    public async Task Files_that_are_no_jobs_are_refused_in_one_line()
    {
        await Shell.RefusalOf(["job", "check", toy.In("gone.json")], "gone.json", "no such job file");
        await Shell.RefusalOf(["job", "show", toy.Root], "cannot be read");
        File.WriteAllText(toy.In("broken.json"), "{ \"name\": }");
        await Shell.RefusalOf(["job", "check", toy.In("broken.json")], "broken.json:1:11");
        await Shell.RefusalOf(["job", "check"], "JOB.json is missing.");
        await Shell.RefusalOf(["job", "chekc", toy.Job], "distembed job: there is no command `chekc`", "`check`");
        await Shell.RefusalOf(["job"], "distembed job: needs a command", "schema, check, show");
    }
}
