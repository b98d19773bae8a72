using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;

namespace DistEmbed.Protocol.Tests.Jobs;

public sealed class CustomModelSpecTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Dll => _folder.In("Model.dll");

    private string Job => $$"""
        {
          "name": "own",
          "data": { "format": "labelled-lines", "train": "train.txt", "root": "{{_folder.Path}}" },
          "vectors": { "dimension": 5 },
          "model": {
            "kind": "custom", "assembly": "Model.dll", "type": "My.Model", "groups": ["embedding", "hidden", "output"],
            "settings": { "b": [1, { "z": 1, "a": null }], "a": "text" }
          },
          "optimizers": { "default": { "kind": "sgd" }, "hidden": { "kind": "adam" } },
          "recipe": { "kind": "gradual" },
          "training": { "epochs": 4 }
        }
        """;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Its_groups_are_those_of_the_job_and_its_settings_are_kept_in_one_order()
    {
        var model = (CustomModelSpec)JobTexts.Parse(Job).Stages.Single().Spec.Model;
        Assert.Equal(["embedding", "hidden", "output"], model.Groups);
        Assert.Equal(["embedding"], model.WordGroups);
        Assert.Equal((DataForm.Labels, true), (model.Reads, model.UsesTorch));
        Assert.Equal("""{"a":"text","b":[1,{"a":null,"z":1}]}""", model.Settings.ToString());
        Assert.Equal("""{"a":"text","b":[1,{"a":null,"z":1}],"c":7}""", ((CustomModelSpec)JobTexts.Parse(Job, "model.settings.c=7").Stages.Single().Spec.Model).Settings.ToString());
    }

    [Fact]
    public void Its_resolved_job_reads_back_as_the_same()
    {
        JobFile first = JobTexts.Parse(Job), again = JobTexts.Parse(first.ToJson());
        Assert.Equal(first.ToJson(), again.ToJson());
        Assert.Equal(first.Fingerprint, again.Fingerprint);
        Assert.Equal(first.Fingerprint, JobTexts.Parse(Job.Replace("""{ "z": 1, "a": null }""", """{ "a": null, "z": 1 }""", StringComparison.Ordinal)).Fingerprint);
        Assert.NotEqual(first.Fingerprint, JobTexts.Parse(Job, "model.settings.a=other").Fingerprint);
    }

    [Theory]
    [InlineData("model.optimizer=1", "model.optimizer", "unknown setting")]
    [InlineData("model.settings=5", "model.settings", "must be an object")]
    [InlineData("model.groups=[\"hidden\",\"embedding\"]", "model.groups", "does not begin with embedding")]
    [InlineData("model.groups=[\"embedding\",\"hidden\",\"default\"]", "model.groups", "has a group `default`")]
    [InlineData("model.groups=[\"embedding\",\"output\"]", "optimizers.hidden", "has no group `hidden`")]
    [InlineData("model.type=", "model.type", "is blank")]
    [InlineData("model.sha256=abc", "model.sha256", "is no SHA-256")]
    [InlineData("model.reads=text", "data.format", "takes text without labels")]
    [InlineData("model.reads=trees", "data.format", "trees")]
    public void What_is_wrong_with_it_is_told(string setting, string where, string what)
    {
        InputError error = JobTexts.Errors(Job, setting)[0];
        Assert.Contains(where, error.Where, StringComparison.Ordinal);
        Assert.Contains(what, error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void The_build_that_is_there_belongs_to_the_job_wherever_it_lies()
    {
        string without = JobTexts.Parse(Job).Fingerprint;
        File.Copy(typeof(CsCheck.Gen).Assembly.Location, Dll);
        JobFile first = JobTexts.Parse(Job);
        Assert.Equal(ModelAssembly.Read(Dll).Sha256, ((CustomModelSpec)first.Stages.Single().Spec.Model).Sha256);
        Assert.NotEqual(without, first.Fingerprint);
        File.Move(Dll, _folder.In("Moved.dll"));
        Assert.Equal(first.Fingerprint, JobTexts.Parse(Job, "model.assembly=Moved.dll").Fingerprint);
        Assert.Equal(first.Fingerprint, JobTexts.Parse(first.ToJson()).Fingerprint); // the run's own job knows it without the file

        File.Copy(typeof(CustomModelSpecTests).Assembly.Location, Dll);
        JobFile other = JobTexts.Parse(Job);
        string[] lines = [.. JobFingerprint.Differences(first.Stages[0].Spec, other.Stages[0].Spec)];
        Assert.Equal([$"model.sha256: \"{ModelAssembly.Read(_folder.In("Moved.dll")).Sha256}\", here \"{ModelAssembly.Read(Dll).Sha256}\""], lines);
    }

    [Fact]
    public void A_node_loads_models_from_its_folder_alone()
    {
        var model = (CustomModelSpec)JobTexts.Parse(Job).Stages.Single().Spec.Model;
        Assert.Equal(Dll, ModelFolder.PathOf(model with { Assembly = "/elsewhere/Model.dll" }, _folder.Path));
        Assert.Contains("this node loads none", Assert.Throws<InvalidInputException>(() => ModelFolder.PathOf(model, null)).Message, StringComparison.Ordinal);
        ModelFolder.Require(JobTexts.Parse(Job), _folder.Path);
        Assert.Throws<InvalidInputException>(() => ModelFolder.Require(JobTexts.Parse(Job, "model.assembly=deeper/Model.dll"), _folder.Path));
        Assert.Throws<InvalidInputException>(() => ModelFolder.Require(JobTexts.Parse(Job), null));
        ModelFolder.Require(JobTexts.Parse(JobTexts.Cnn), null);
    }
}
