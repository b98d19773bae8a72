using System.Text.Json;
using System.Text.Json.Nodes;
using DistEmbed.Protocol.Jobs.Settings;

namespace DistEmbed.Protocol.Jobs;

/// <summary>
/// The JSON Schema (2020-12) of job files, for editors: made from the job records, so it cannot fall behind them. It describes keys, types, kinds and words; what
/// values mean together is <see cref="JobValidator"/>'s.
/// </summary>
public static class JobSchema
{
    private const string Definitions = "$defs";
    private const string Override = "override.";

    /// <summary>The schema as indented JSON. Descriptions are there where the assembly's XML documentation file lies beside it.</summary>
    public static string ToJson()
    {
        var writer = new SchemaWriter(SettingDescriptions.Load());
        var job = (RecordSetting)SettingType.Of(typeof(JobSpec));
        JsonObject whole = writer.Reference(job, partial: false);

        // A file with stages: every setting may be missing at the top, where a stage can give it.
        JsonObject stage = writer.Record(job, partial: true);
        stage["properties"]!["name"] = Described(Typed("string"), "Name of the stage, unique in the job.");
        stage["required"] = new JsonArray("name");
        JsonObject staged = writer.Record(job, partial: true);
        staged["required"] = new JsonArray("stages");
        writer.Add("stage", stage);
        writer.Add("stagedJob", staged);
        writer.Add("stages", new JsonObject
        {
            ["description"] = "The stages, run in order. Each is the rest of the file with its own settings on top: objects merge key by key, lists and plain values are "
                + "replaced, an object of another kind is replaced as a whole. The last stage's result is the run's.",
            ["type"] = "array",
            ["minItems"] = 1,
            ["items"] = SchemaWriter.ReferenceTo("stage"),
        });
        staged["properties"]!["stages"] = SchemaWriter.ReferenceTo("stages");
        foreach (JsonObject top in (JsonObject[])[staged, writer.Definition(nameof(JobSpec))])
            top["properties"]!["$schema"] = Described(Typed("string"), "This schema, for editors.");

        return new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "DistEmbed job",
            ["description"] = "A job file. Comments (// and /* */) and trailing commas are allowed. Null means: not set.",
            // Not of the standard, but what Visual Studio Code's editor asks for.
            ["allowComments"] = true,
            ["allowTrailingCommas"] = true,
            ["type"] = "object",
            ["if"] = new JsonObject { ["required"] = new JsonArray("stages") },
            ["then"] = SchemaWriter.ReferenceTo("stagedJob"),
            ["else"] = whole,
            [Definitions] = writer.Definitions,
        }.ToJsonString(JobJson.Options) + "\n";
    }

    private static JsonObject Typed(string type) => new() { ["type"] = type };

    private static JsonObject Described(JsonObject schema, string? description)
    {
        if (description is not null)
            schema.Insert(0, "description", description);
        return schema;
    }

    private sealed class SchemaWriter(SettingDescriptions descriptions)
    {
        public JsonObject Definitions { get; } = [];

        public static JsonObject ReferenceTo(string name) => new() { ["$ref"] = $"#/{JobSchema.Definitions}/{name}" };

        public JsonObject Definition(string name) => Definitions[name]!.AsObject();

        public void Add(string name, JsonObject schema) => Definitions[name] = schema;

        /// <summary>A reference to the definition of a record or variant, which is written when it is first asked for.</summary>
        /// <param name="type">The record or variant.</param>
        /// <param name="partial">Whether it is an override: nothing is required, the kind may be inherited.</param>
        public JsonObject Reference(SettingType type, bool partial)
        {
            string name = (partial ? Override : "") + (type is RecordSetting record ? record.Type.Name : ((VariantSetting)type).Type.Name);
            if (!Definitions.ContainsKey(name))
            {
                Definitions.Add(name, null);
                Definitions[name] = type is VariantSetting variant ? Variant(variant, partial) : Record((RecordSetting)type, partial);
            }
            return ReferenceTo(name);
        }

        public JsonObject Record(RecordSetting type, bool partial)
        {
            var properties = new JsonObject();
            foreach (SettingProperty property in type.Properties.Values)
                properties.Add(property.Name, Property(property, partial));
            return Object(descriptions.Of(type.Type), properties, partial ? [] : Required(type));
        }

        private JsonObject Variant(VariantSetting type, bool partial)
        {
            if (!partial)
            {
                var cases = new JsonArray();
                foreach ((string kind, RecordSetting record) in type.Cases)
                {
                    JsonObject schema = Record(record, partial: false);
                    schema["properties"]!.AsObject().Insert(0, type.Discriminator, Described(new JsonObject { ["const"] = kind }, descriptions.Of(record.Type)));
                    schema["required"] = new JsonArray([type.Discriminator, .. Required(record).Select(name => (JsonNode)name)]);
                    Add(record.Type.Name, schema);
                    cases.Add((JsonNode)ReferenceTo(record.Type.Name));
                }
                JsonObject whole = Described(Typed("object"), descriptions.Of(type.Type));
                whole["required"] = new JsonArray(type.Discriminator);
                whole["properties"] = new JsonObject { [type.Discriminator] = Kinds(type) };
                whole["oneOf"] = cases;
                return whole;
            }
            // The kind may stand in the part that is overridden, so the settings of all kinds are allowed.
            var properties = new JsonObject { [type.Discriminator] = Kinds(type) };
            foreach (IGrouping<string, SettingProperty> same in type.Cases.Values.SelectMany(record => record.Properties.Values).GroupBy(property => property.Name))
            {
                JsonObject[] forms = [.. same.Select(property => Property(property, partial: true)).DistinctBy(form => form.ToJsonString())];
                properties.Add(same.Key, forms is [{ } only] ? only : new JsonObject { ["anyOf"] = new JsonArray([.. forms]) });
            }
            return Object(descriptions.Of(type.Type), properties, []);
        }

        private JsonObject Kinds(VariantSetting type)
        {
            var schema = new JsonObject
            {
                ["enum"] = new JsonArray([.. type.Cases.Keys.Select(kind => (JsonNode)kind)]),
                ["enumDescriptions"] = new JsonArray([.. type.Cases.Values.Select(record => (JsonNode)(descriptions.Of(record.Type) ?? ""))]),
            };
            return Described(schema, descriptions.Of(type.Type));
        }

        private JsonObject Property(SettingProperty property, bool partial)
        {
            JsonObject schema = Value(property.Type, partial);
            if (property.Nullable || partial)
                schema = AllowNull(schema);
            if (!partial && !property.FilledIn && property.Default is bool or int or ulong or float or double or string or Enum)
                schema["default"] = JsonSerializer.SerializeToNode(property.Default, JobJson.Options);
            return Described(schema, descriptions.Of(property.Property));
        }

        private JsonObject Value(SettingType type, bool partial) => type switch
        {
            TextSetting => Typed("string"),
            PathsSetting => new JsonObject { ["anyOf"] = new JsonArray(Typed("string"), new JsonObject { ["type"] = "array", ["items"] = Typed("string"), ["minItems"] = 1 }) },
            FlagSetting => Typed("boolean"),
            IntegerSetting integer when integer.Smallest == 0 => new JsonObject { ["type"] = "integer", ["minimum"] = 0 },
            IntegerSetting => Typed("integer"),
            NumberSetting => Typed("number"),
            FreeSetting => Typed("object"),
            ChoiceSetting choice => new JsonObject
            {
                ["enum"] = new JsonArray([.. choice.Names.Select(name => (JsonNode)name)]),
                ["enumDescriptions"] = new JsonArray([.. choice.Fields.Select(member => (JsonNode)(descriptions.Of(member) ?? ""))]),
            },
            // Lists are replaced as a whole, so their elements are never partial.
            ListSetting list => new JsonObject { ["type"] = "array", ["items"] = Value(list.Item, partial: false) },
            MapSetting map => new JsonObject { ["type"] = "object", ["additionalProperties"] = partial ? AllowNull(Value(map.Value, partial)) : Value(map.Value, partial) },
            _ => Reference(type, partial),
        };

        private static JsonObject AllowNull(JsonObject schema)
        {
            if (schema["type"] is JsonValue type)
            {
                schema["type"] = new JsonArray(type.GetValue<string>(), "null");
                return schema;
            }
            if (schema["enum"] is JsonArray words)
            {
                words.Add(null);
                schema["enumDescriptions"]!.AsArray().Add("Not set.");
                return schema;
            }
            return new JsonObject { ["anyOf"] = new JsonArray(schema, Typed("null")) };
        }

        private static JsonObject Object(string? description, JsonObject properties, string[] required)
        {
            JsonObject schema = Described(Typed("object"), description);
            schema["properties"] = properties;
            schema["additionalProperties"] = false;
            if (required.Length > 0)
                schema["required"] = new JsonArray([.. required.Select(name => (JsonNode)name)]);
            return schema;
        }

        private static string[] Required(RecordSetting type) =>
            [.. type.Properties.Values.Where(property => property is { Required: true, FilledIn: false }).Select(property => property.Name)];
    }
}
