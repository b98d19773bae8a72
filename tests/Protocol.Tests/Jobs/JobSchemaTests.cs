using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Protocol.Tests.Jobs;

public class JobSchemaTests
{
    private static readonly JsonObject Definitions = JsonNode.Parse(JobSchema.ToJson())!["$defs"]!.AsObject();

    public static TheoryData<string> Records => [.. typeof(JobSpec).Assembly.GetTypes()
        .Where(type => type.Namespace == typeof(JobSpec).Namespace && !type.IsAbstract && type.IsPublic && IsSetting(type))
        .Select(type => type.Name)];

    private static bool IsSetting(Type type) =>
        (type.Name.EndsWith("Spec", StringComparison.Ordinal) && type.Name != "TableSpec")
        || typeof(DataSpec).IsAssignableFrom(type) || typeof(ScheduleSpec).IsAssignableFrom(type);

    [Theory]
    [MemberData(nameof(Records))]
    public void Every_property_of_every_record_is_in_the_schema_with_a_description(string record)
    {
        Type type = typeof(JobSpec).Assembly.GetType($"{typeof(JobSpec).Namespace}.{record}")!;
        JsonObject properties = Definitions[record]!["properties"]!.AsObject();

        foreach (PropertyInfo property in type.GetProperties().Where(property => property.CanWrite && property.GetCustomAttribute<JsonIgnoreAttribute>() is null))
        {
            string? description = properties[property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(property.Name)]?["description"]?.GetValue<string>();
            Assert.False(string.IsNullOrWhiteSpace(description), property.Name);
        }
        Assert.False(string.IsNullOrWhiteSpace(Definitions[record]!["description"]?.GetValue<string>()));
    }

    [Fact]
    public void Every_kind_and_every_word_is_in_the_schema_with_a_description()
    {
        Assert.Equal(["text-cnn", "bag", "lstm", "tagger", "parser", "cbow", "skip-gram", "glove", "custom", "tree-lstm", "tree-lstm-pairs"], Definitions["ModelSpec"]!["properties"]!["kind"]!["enum"]!.AsArray().Select(kind => kind!.GetValue<string>()));
        JsonNode channels = Definitions["TextCnnSpec"]!["properties"]!["channels"]!;
        Assert.Equal(["rand", "static", "non-static", "multichannel"], channels["enum"]!.AsArray().Select(word => word!.GetValue<string>()));
        Assert.All(channels["enumDescriptions"]!.AsArray(), description => Assert.NotEqual("", description!.GetValue<string>()));
        Assert.Null(channels["default"]); // it depends on the vectors
        Assert.Equal("kim", Definitions["TextCnnSpec"]!["properties"]!["initialization"]!["default"]!.GetValue<string>());
    }

    [Fact]
    public void Descriptions_name_settings_as_the_user_writes_them() =>
        Assert.Contains("`untilStep`", Definitions["FreezeSpec"]!["properties"]!["untilEpoch"]!["description"]!.GetValue<string>());

    [Theory]
    [InlineData(JobTexts.Cnn, "", "", true)]
    [InlineData(JobTexts.Staged, "", "", true)]
    [InlineData(JobTexts.Cnn, "\"epochs\"", "\"epoch\"", false)]
    [InlineData(JobTexts.Cnn, "\"epochs\": 4", "\"epochs\": \"4\"", false)]
    [InlineData(JobTexts.Cnn, "\"kind\": \"text-cnn\"", "\"kind\": \"text-cnn\", \"negatives\": 3", false)]
    [InlineData(JobTexts.Cnn, "\"kind\": \"text-cnn\"", "\"kind\": \"text-cnn\", \"channels\": \"stat\"", false)]
    [InlineData(JobTexts.Cnn, "\"train\": \"train.txt\",", "", false)]
    [InlineData(JobTexts.Cnn, "\"name\": \"trec\",", "", true)]
    [InlineData(JobTexts.Cnn, "\"model\": { \"kind\": \"text-cnn\" },", "", true)]
    [InlineData(JobTexts.Cnn, "{\n  \"name\"", "{\n  \"$schema\": \"s\", \"name\"", true)]
    [InlineData(JobTexts.Staged, "\"epochs\": 5", "\"epoch\": 5", false)]
    [InlineData(JobTexts.Staged, "\"epochs\": 5", "\"epochs\": null, \"steps\": 5", true)]
    [InlineData(JobTexts.Staged, "{ \"name\": \"vectors\" }", "{ }", false)]
    [InlineData(JobTexts.Staged, "\"learningRate\": 0.1", "\"learningRate\": \"x\"", false)]
    public void The_schema_tells_right_from_wrong_as_the_loader_does(string text, string from, string to, bool right)
    {
        Assert.Contains(from, text);
        string changed = from.Length == 0 ? text : text.Replace(from, to);

        Assert.Equal(right, JsonSchemaCheck.Accepts(JobSchema.ToJson(), changed));
        Assert.Equal(right, Record.Exception(() => JobTexts.Parse(changed)) is null);
    }
}
