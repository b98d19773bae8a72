using System.Collections;
using System.Reflection;
using System.Text.Json;
using CsCheck;
using DistEmbed.Coordinator.Control;
using DistEmbed.Coordinator.Grpc;
using DistEmbed.Protocol.Measures;
using Google.Protobuf;
using Wire = DistEmbed.Protocol.Control;

namespace DistEmbed.Coordinator.Tests.Grpc;

public sealed class StatusMappingTests
{
    /// <summary>Values are made by reflection, so that a property that is added and not mapped is found.</summary>
    [Fact]
    public void Every_status_comes_back_as_it_went_every_property_of_it() => Gen.Int.Sample(
        seed =>
        {
            var status = (ClusterStatus)Random(typeof(ClusterStatus), new Random(seed))!;
            Wire.ClusterStatus sent = Wire.ClusterStatus.Parser.ParseFrom(status.ToWire().ToByteArray());
            Assert.Equal(JsonSerializer.Serialize(status), JsonSerializer.Serialize(sent.FromWire()));
        },
        iter: 300);

    [Fact]
    public void Statuses_without_anything_can_be_read() => Assert.Equal("", new Wire.ClusterStatus { Run = new Wire.RunProgress() }.FromWire().State);

    private static object? Random(Type type, Random random)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner)
            return random.Next(3) == 0 ? null : Random(inner, random);
        if (type.IsEnum)
            return Enum.GetValues(type).GetValue(random.Next(Enum.GetValues(type).Length));
        if (type == typeof(string))
            return $"text{random.Next()}";
        if (type == typeof(int))
            return random.Next(int.MinValue, int.MaxValue);
        if (type == typeof(long))
            return random.NextInt64(long.MinValue, long.MaxValue);
        if (type == typeof(double))
            return random.NextDouble() * 1000 - 500;
        if (type == typeof(bool))
            return random.Next(2) == 0;
        if (type == typeof(Scores))
            return new Scores([.. Enumerable.Range(0, random.Next(1, 4)).Select(i => KeyValuePair.Create($"measure{i}", random.NextDouble()))]);
        Type[] arguments = type.GetGenericArguments();
        if (arguments.Length == 2)
        {
            var map = (IDictionary)Activator.CreateInstance(typeof(SortedDictionary<,>).MakeGenericType(arguments))!;
            map.Add(Random(arguments[0], random)!, Random(arguments[1], random));
            return map;
        }

        if (arguments.Length == 1)
        {
            var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(arguments))!;
            for (int i = random.Next(4); i > 0; i--)
                list.Add(Random(arguments[0], random));
            return list;
        }

        var nullability = new NullabilityInfoContext();
        ConstructorInfo constructor = type.GetConstructors().OrderByDescending(c => c.GetParameters().Length).First();
        object made = constructor.Invoke([.. constructor.GetParameters().Select(p => Of(p.ParameterType, nullability.Create(p)))]);
        foreach (PropertyInfo property in type.GetProperties().Where(p => p.CanWrite && constructor.GetParameters().Length == 0))
            property.SetValue(made, Of(property.PropertyType, nullability.Create(property)));
        return made;

        object? Of(Type of, NullabilityInfo info) => info.WriteState == NullabilityState.Nullable && !of.IsValueType && random.Next(3) == 0 ? null : Random(of, random);
    }
}
